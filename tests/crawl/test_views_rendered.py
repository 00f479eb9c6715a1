"""Whole crawls with the real Chromium: what only a script brings in is found, framed and looked at again."""

import os
from collections.abc import Callable
from typing import Any

from crawler.demo import Host, Reply, Request
from tests.crawl.test_recheck import BLOCK, page, recheck

Crawls = Callable[..., Any]
BROWSER = {"RASOAT_VIEW_BUDGET": "6", "RASOAT_RENDER_BUDGET": "6"}
if os.geteuid() == 0:
    BROWSER["RASOAT_BROWSER_NO_SANDBOX"] = "1"
LATE = """<div id="app"></div><script>
setTimeout(function () {
  var asked = fetch('/api/khoi', {headers: {'X-Requested-With': 'script'}});
  asked.then(function (r) { return r.text(); }).then(function (t) {
    document.getElementById('app').innerHTML = t;
  });
}, 300);
</script>"""


def site(state: dict[str, str]) -> Callable[[Request], Reply | None]:
    def answer(request: Request) -> Reply | None:
        if request.path == "/api/khoi":
            asked = any(name.lower() == "x-requested-with" for name in request.headers)
            return Reply(state["block"]) if asked else Reply("", 403)
        if request.path == "/":
            return page("Trang chủ", "/gioi-thieu", "/tin-tuc")
        if request.path == "/tin-tuc":
            reply = page("Tin tức", "/")
            assert isinstance(reply.body, str)
            reply.body = reply.body.replace("</body>", f"</body>{LATE}")
            return reply
        return page("Giới thiệu", "/") if request.path in ("/gioi-thieu", "/rieng") else None

    return answer


def sightings(crawl: Any) -> set[tuple[str, str]]:
    return {(row["url"].split("/", 3)[3], row["view"]) for row in crawl.db["sightings"].find({"gone": None})}


def test_what_a_script_brings_in_is_found_framed_and_rechecked(crawls: Crawls) -> None:
    state = {"block": BLOCK + '<a href="/rieng">Trang riêng</a>'}
    crawl = crawls([Host("a.test", fallback=site(state))])
    crawl.register("a.test/")
    crawl.run(env=BROWSER)
    assert sightings(crawl) == {("tin-tuc", "rendered")}
    pages = {row["url"].split("/", 3)[3]: row for row in crawl.db["pages"].find({"status": 200})}
    assert set(pages) == {"", "tin-tuc", "gioi-thieu", "rieng"}, "a link that only the browser shows is followed"
    assert all("rendered" in row["views"] for row in pages.values())
    shot = [look for look in pages["tin-tuc"]["seen"] if look["view"] == "rendered"]
    assert [look.get("shot") for look in shot] == [True]
    assert {item["name"]: item["n"] for item in crawl.review("a.test")["views"]}["evidence"] == 1

    recheck(crawl, env=BROWSER)
    assert crawl.db["findings"].find_one()["state"] == "open"
    state["block"] = ""
    recheck(crawl, env={"RASOAT_BROWSER": "/nowhere/chromium"})
    assert crawl.db["findings"].find_one()["state"] == "open", "without a browser nobody looked"
    recheck(crawl, env=BROWSER)
    assert crawl.db["findings"].find_one()["state"] == "fixed"

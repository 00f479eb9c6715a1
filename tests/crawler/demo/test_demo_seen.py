"""What is not the same for everybody: who is shown what, and whether the truth says so."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from crawler.demo import Host, Province, Reply, Request, serving
from crawler.demo.build import build
from crawler.demo.model import NOON, PORT, Planted
from crawler.demo.plants.form import forms
from crawler.demo.seen import CLOAKED, DYNAMIC
from crawler.demo.seen.eyes import WHO
from crawler.demo.seen.outside import outside
from crawler.demo.seen.ways import PLACES, SHOWS
from crawler.demo.text import read
from crawler.demo.web import answer
from tests.crawler.demo.test_demo_servers import fetch

DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ROBOT_PHONE = f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/130.0 Mobile Safari/537.36 {ROBOT[12:]}"
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
VIEWS: dict[str, tuple[dict[str, str], int]] = {
    "plain": ({"user-agent": DESKTOP}, 1),
    "repeat": ({"user-agent": DESKTOP}, 2),
    "search": ({"user-agent": DESKTOP, "referer": "https://www.google.com.vn/"}, 3),
    "bot": ({"user-agent": ROBOT}, 4),
    "mobile": ({"user-agent": PHONE}, 5),
}
"""Headers of a view, and how often the page has been asked for by then."""
OFFENCE = re.compile(r"nhacai-cauvong88|slot-kerang77|haixing-yule|vaynong-cuacang|phimsex-sanho|rutgon-lk")
"""Hosts of intruders as they stand in what a server sends; scripts hide them."""


def hosts(province: Province) -> dict[str, Host]:
    return {host.name: host for host in province.hosts if host.address.startswith("127.77.4.")}


def ask(province: Province, url: str, view: str, hour: int = NOON) -> Reply:
    headers, again = VIEWS[view]
    parts = urlsplit(url.replace(PORT, "8080"))
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    host = hosts(province)[parts.hostname or ""]
    return answer(host, Request("GET", host.name, target, headers, 8080, 7, again=again, hour=hour))


def shown(reply: Reply) -> str:
    """What leads off or stands there, without the port."""
    return f"{dict(reply.headers).get('Location', '')} {reply.body!r}".replace(PORT, "8080")


def planted(province: Province, name: str = "") -> list[Planted]:
    return [one for one in province.truth.violations if one.views and name in ("", one.form)]


def test_every_form_is_used_and_known() -> None:
    named = re.findall(r"(?:plants|lookalikes): \[([^\]]+)\]", read("seen.yaml"))
    assert {name.strip() for names in named for name in names.split(",")} == set(CLOAKED) | set(DYNAMIC)
    told = [form for name in ("cloaked", "scripted", "dynamic") for form in forms(f"seen/{name}.txt").values()]
    assert {form.way for form in told} == set(SHOWS)
    assert {form.options["on"] for form in told} == set(PLACES)
    assert {form.options.get("to", "anyone") for form in told} <= set(WHO)


def test_the_province_has_them_only_when_asked(province: Province, seen: Province) -> None:
    assert not any(host.address.startswith(("127.77.4.", "127.77.201.")) for host in province.hosts)
    assert not planted(province)
    assert len(planted(seen)) == len(CLOAKED)
    assert build(1, 0.1, wild=False, seen=True).digest() == build(1, 0.1, wild=False, seen=True).digest()


def test_everything_stays_inside_the_network_of_the_province(seen: Province) -> None:
    known = {host.name: host for host in seen.hosts}
    assert all(host.address.startswith("127.77.") for host in [*hosts(seen).values(), *outside().values()])
    assert not known["ban-do-demo.example"].listening
    text = read("seen")
    for name in set(re.findall(r"http://([\w.-]+):__PORT__", text)):
        assert name in known, name
    assert set(re.findall(r"https?://([\w.-]+)(?!\S*__PORT__)", text)) - set(known) <= set(
        re.findall(r"http://([\w-]+-demo\.example)", text)
    )


@pytest.mark.parametrize("name", sorted(forms("seen/cloaked.txt")))
def test_only_the_views_of_the_truth_are_shown_the_offence(seen: Province, name: str) -> None:
    (truth,) = planted(seen, name)
    expected = set(truth.views) - {"rendered"} | (
        {"repeat"} if "plain" in truth.views and name != "first_look" else set()
    )
    for url in truth.urls[:4]:
        found = {view for view in VIEWS if OFFENCE.search(shown(ask(seen, url, view)))}
        assert found == expected, url
        honest = set(VIEWS) - found
        assert all(ask(seen, url, view).status == 200 for view in honest)
    if truth.vector == "redirected":
        assert all(ask(seen, truth.url, view).status in (301, 302) for view in expected)


@pytest.mark.parametrize("name", sorted(forms("seen/scripted.txt")))
def test_a_script_is_sent_to_everybody(seen: Province, name: str) -> None:
    (truth,) = planted(seen, name)
    assert "rendered" in truth.views
    assert set(truth.views) | set(truth.may) >= set(VIEWS) - {"repeat"}
    bodies = {str(ask(seen, truth.url, view).body) for view in VIEWS}
    assert len(bodies) == 1
    assert all(ask(seen, truth.url, view).status == 200 for view in VIEWS)


def test_the_clock_of_the_province_changes_what_is_shown(seen: Province) -> None:
    (day,), (night,) = planted(seen, "hour_text_day"), planted(seen, "hour_text_night")
    assert OFFENCE.search(shown(ask(seen, day.url, "search", hour=9)))
    assert "gio=9" in shown(ask(seen, day.url, "search", hour=9))
    assert not OFFENCE.search(shown(ask(seen, day.url, "search", hour=23)))
    for view in ("plain", "search", "mobile"):
        assert OFFENCE.search(shown(ask(seen, night.url, view, hour=23)))


def test_a_search_engines_telephone_is_a_robot(seen: Province) -> None:
    request = Request("GET", "a", "/", {"user-agent": ROBOT_PHONE}, 80, 1)
    assert WHO["bot"](request)
    assert not WHO["mobile"](request)


def test_a_robot_is_one_by_name_and_a_searcher_by_where_he_comes_from() -> None:
    for referer in ("https://www.google.com.vn/", "https://coccoc.com/search?query=x", "https://www.google.com/"):
        assert WHO["search"](Request("GET", "a", "/", {"referer": referer}, 80, 1))
    assert not WHO["search"](Request("GET", "a", "/", {"referer": "http://a.haiphong.edu.vn/google.html"}, 80, 1))


def test_no_page_holds_two_truths_and_no_innocent_one_is_guilty(seen: Province) -> None:
    urls = Counter(url for one in planted(seen) for url in one.urls)
    assert not [url for url, count in urls.items() if count > 1]
    innocent = {one.url for one in seen.truth.lookalikes if one.cloaking}
    assert not innocent & set(urls)
    assert {one.form for one in seen.truth.lookalikes if one.cloaking} == set(DYNAMIC)


def test_honest_pages_differ_and_never_offend(seen: Province) -> None:
    pages = {one.form: one.url for one in seen.truth.lookalikes if one.cloaking}
    for form, url in pages.items():
        bodies = {view: shown(ask(seen, url, view)) for view in VIEWS}
        assert not any(OFFENCE.search(body) for body in bodies.values()), form
    turns = [one for one in seen.truth.lookalikes if one.form == "rotating_banners"]
    parts = urlsplit(turns[0].url.replace(PORT, "8080"))
    host = hosts(seen)[parts.hostname or ""]
    several = {str(answer(host, Request("GET", host.name, parts.path, {}, 8080, visit)).body) for visit in range(8)}
    assert len(several) == 4


def test_robots_are_refused_or_asked_by_two_schools(seen: Province) -> None:
    for name, status in (("robots_refused", 403), ("robots_checked", 200)):
        one = next(one for one in seen.truth.lookalikes if one.form == name)
        assert ask(seen, one.url, "bot").status == status
        assert ask(seen, one.url, "plain").status == 200
        assert ask(seen, one.url, "bot").body != ask(seen, one.url, "plain").body


def test_pages_of_the_truth_are_there_for_a_plain_look(seen: Province) -> None:
    names = {f"{name}:{PORT}" for name in hosts(seen)}
    guilty = {url for one in planted(seen) for url in one.urls}
    for key in names:
        for path in seen.truth.pages[key].stored:
            url = f"http://{key}{path}"
            reply = ask(seen, url, "plain")
            assert reply.status == 200, url
            assert url in guilty or not OFFENCE.search(shown(reply)), url
            assert isinstance(reply.body, bytes) or "{{" not in reply.body


def test_many_schools_lead_to_one_place_with_one_mark(seen: Province) -> None:
    told = {**forms("seen/cloaked.txt"), **forms("seen/scripted.txt")}
    marked = {one.host for one in planted(seen) if "aff=hpedu77" in told[one.form].html}
    assert len(marked) >= 8
    known = outside()
    target = "http://rutgon-lk.example:8080/k/cv88?aff=hpedu77"
    hops = []
    while True:
        parts = urlsplit(target)
        reply = answer(known[parts.hostname or ""], Request("GET", "", f"{parts.path}?{parts.query}", {}, 8080, 1))
        hops.append(target)
        if reply.status != 302:
            break
        target = dict(reply.headers)["Location"].replace(PORT, "8080")
    assert len(hops) == 3
    assert hops[-1] == "http://nhacai-cauvong88.example:8080/dang-ky?aff=hpedu77"
    assert '<html lang="vi">' in str(reply.body)


def test_servers_tell_who_asks_and_how_often(seen: Province) -> None:
    (later,), (search,) = planted(seen, "later_visit"), planted(seen, "search_away")
    (new,) = planted(seen, "first_visit")
    with serving(Province.of([*hosts(seen).values()])) as running:
        served = {host.name: host for host in running.province.hosts}

        def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
            parts = urlsplit(url.replace(PORT, str(running.port)))
            host = served[parts.hostname or ""]
            return fetch(host.address, running.port, host.name, parts.path, **headers)

        assert get(later.url, **{"User-Agent": DESKTOP})[2] != get(later.url, **{"User-Agent": DESKTOP})[2]
        status, headers, _ = get(search.url, Referer="https://www.google.com.vn/")
        assert (status, headers["Location"].split("?")[0]) == (302, f"http://nhacai-cauvong88.example:{running.port}/r")
        assert get(search.url)[0] == 200
        status, headers, _ = get(new.url)
        assert (status, headers["Set-Cookie"]) == (302, "wp_da_xem=1; path=/")
        assert get(new.url, Cookie="wp_da_xem=1")[0] == 200
        (night,) = planted(seen, "hour_text_night")
        assert b"phimsex" not in get(night.url)[2]
        running.web.hour = 23
        assert b"phimsex" in get(night.url)[2]
        assert running.log[served["thpt-bentrang.haiphong.edu.vn"].address][0].referer == "https://www.google.com.vn/"
        assert running.hits == []

"""reclassify: judge stored pages again, from their bodies or, where none is kept, from what was stored of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crawler.items import Block, Landing, Link, Page, Redirect
from crawler.page import extract
from crawler.store.rejudging import Judged, Rejudging
from crawler.store.standing import Standing
from pipelines.engine import Engine
from pipelines.judge import Judge, destinations
from pipelines.landings import judge_wholly


async def judge_again(rejudging: Rejudging, engine: Engine, everything: bool) -> list[Judged]:
    """Every stored page that other rules or lists judged (or all of them), with its new violations."""
    ruleset, lists = engine.ruleset.digest, engine.ruleset.lists_digest
    judged, judge = [], Judge(engine)
    standing = Standing(rejudging.db, "")
    await standing.open()
    async for row, body in rejudging.pages(ruleset, lists, everything):
        page = rebuilt(row, body)
        judge_wholly(judge, page, await standing.of(page.host, page.unit, destinations(page)))
        light = replace(page, body=b"", blocks=[], links=[], discovered=[], headers=[])
        judged.append(Judged(light, await rejudging.shown(page.digest, page.view)))
    return judged


def rebuilt(row: Mapping[str, Any], body: bytes) -> Page:
    """The page of a stored document: extracted anew from its body, or put together of its stored text and links."""
    headers = [(each["name"], each["value"]) for each in row["headers"]]
    if body and not row.get("document"):
        page = extract(
            url=row["url"], status=row["status"], headers=headers, body=body, fetched=row["fetched"], host=row["host"]
        )
    else:
        page = Page(row["url"], row["host"], row["status"], row["fetched"], headers=headers, title=row["title"])
        part = "document" if row.get("document") else "text"
        page.blocks = [Block(part, text, zone, zone) for zone, text in sorted(row["text"].items())]
        page.links = [
            Link(each["url"], each["text"], each["kind"], each["region"], each["hidden"]) for each in row["links"]
        ]
        page.redirects = [Redirect(each["kind"], each["url"], each["where"]) for each in row["redirects"]]
    page.landings = [
        Landing(
            each["url"],
            each["chain"],
            each["cause"],
            each["status"],
            each["title"],
            each["lang"],
            each.get("html", b""),
        )
        for each in row.get("landings") or ()
    ]
    page.digest, page.run, page.site, page.unit = row["_id"], row["run"], row["site"], row["unit"]
    page.view = (row["views"] or ["plain"])[0]  # the one the document is of; others were looked at since
    return page

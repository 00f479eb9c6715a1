"""What only one view shows is judged by that, against a real store; what plain visits show too stays as it was."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo.synchronous.database import Database
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from crawler.items import Link, Page
from crawler.store.crawl import CrawlStore
from crawler.store.pages import document
from crawler.urls import digest
from pipelines.cloaking import CLOAKED
from pipelines.compare import ComparePipeline
from pipelines.judge import Judge
from pipelines.rulesets import engine_from_settings
from tests.crawler.page.dynamic import APP, URL, school, seen
from tests.crawler.page.dynamic import CLOAKED as OTHER

GAMBLING = "<p>Nhà cái uy tín, tài xỉu online, nạp rút nhanh, khuyến mãi 100% cho thành viên mới, đăng ký ngay</p>"
LINK = "<div class='qc'><a href='https://nhacai-taixiu.com/dk'>Nhà cái uy tín, đăng ký nhận thưởng</a></div>"
AWAY = "https://nhacai-taixiu.com/slot?aff=7"


def crawler_of(settings: Settings) -> Crawler:
    """A crawler that crawls nothing."""
    return get_crawler(Spider, {name: settings[name] for name in settings if name.startswith("RASOAT_")})


class World:
    """A pipeline, its store, and what was fetched before."""

    def __init__(self, pipeline: ComparePipeline, judge: Judge, database: Database[dict[str, Any]]) -> None:
        self.pipeline = pipeline
        self.judge = judge
        self.database = database

    @property
    def store(self) -> CrawlStore:
        return self.pipeline.store

    @property
    def stats(self) -> dict[str, Any]:
        stats = self.pipeline._crawler.stats
        assert stats
        return stats.get_stats()

    def made(self, page: Page) -> Page:
        """The page as it comes out of the pipelines before."""
        page.digest, page.run = digest(page.url), "r1"
        self.judge(page)
        return page

    async def stored(self, *pages: Page) -> None:
        """Fetches as the store keeps them: the plain one as a document, others beside it."""
        for page in map(self.made, pages):
            await self.store.pages.write_bodies([page])
            whole = document(page)
            kept = {
                name: whole[name] for name in ("run", "fetched", "status", "title", "simhash", "cut", "wall", "body")
            }
            if page.view == "plain":
                self.database["pages"].insert_one({**whole, "seen": []})
                await self.store.findings.write([page], page.fetched)
            else:
                change = {"$push": {"seen": {**kept, "view": page.view, "differs": page.differs}}}
                self.database["pages"].update_one({"_id": page.digest}, change)

    async def comes(self, body: bytes | str, view: str, *, again: bool = False, **more: Any) -> Page:
        """A page of a view goes through the pipeline."""
        page = self.made(seen(body.encode() if isinstance(body, str) else body, view=view, **more))
        page.again = again
        assert await self.pipeline.process_item(page) is page
        return page


@pytest.fixture
async def world(settings: Settings, database: Database[dict[str, Any]]) -> AsyncIterator[World]:
    crawler = crawler_of(settings)
    pipeline = ComparePipeline.from_crawler(crawler)
    await pipeline.open_spider()
    pipeline.store.begin("r1")
    yield World(pipeline, Judge(engine_from_settings(crawler.settings)), database)
    await pipeline.store.close()


async def honest(world: World) -> None:
    await world.stored(seen(school("")), seen(school(""), view="repeat"))


@pytest.mark.parametrize("view", ["bot", "search"])
async def test_an_offence_for_the_search_engine_only_is_planted_and_confirmed(world: World, view: str) -> None:
    await honest(world)
    page = await world.comes(school(LINK + GAMBLING), view)
    assert page.violations
    assert {(v.category, v.vector, v.confidence) for v in page.violations} == {("gambling", "planted", "confirmed")}
    assert all(e.where.endswith(f"only in view {view}") for v in page.violations for e in v.evidence)
    assert world.stats[f"compare/only/{view}/gambling"] == len(page.violations)


@pytest.mark.parametrize("view", ["bot", "search", "mobile"])
async def test_a_redirect_to_an_offence_for_some_only_is_redirected_and_confirmed(world: World, view: str) -> None:
    await honest(world)
    page = await world.comes(b"", view, status=302, headers={"Location": AWAY})
    assert {(v.category, v.vector, v.confidence) for v in page.violations} == {("gambling", "redirected", "confirmed")}


@pytest.mark.parametrize("view", ["bot", "search", "mobile", "rendered"])
async def test_what_a_plain_visit_shows_too_stays_as_the_rules_say(world: World, view: str) -> None:
    await world.stored(seen(school(LINK)), seen(school(LINK), view="repeat"))
    before = world.made(seen(school(LINK))).violations
    assert before
    page = await world.comes(school(LINK), view)
    assert page.violations == before
    assert not page.differs


async def test_what_only_the_repeat_shows_is_no_cloaking_by_view(world: World) -> None:
    await world.stored(seen(school("")))
    repeat = await world.comes(school(GAMBLING), "repeat")
    before = world.made(seen(school(GAMBLING))).violations
    assert repeat.violations == before
    page = await world.comes(school(GAMBLING), "bot")
    assert page.violations == before


async def test_what_was_noted_of_the_plain_page_counts_although_its_body_no_longer_shows_it(world: World) -> None:
    await honest(world)
    page = world.made(seen(school(LINK)))
    await world.store.findings.write([page], page.fetched)
    later = await world.comes(school(LINK), "bot")
    assert later.violations == page.violations


async def test_a_slot_whose_links_change_by_themselves_accuses_nobody(world: World) -> None:
    some = "<div class='qc'><a href='https://giay.vn/'>Giày</a></div>"
    await world.stored(seen(school(some)), seen(school(some.replace("giay", "sach")), view="repeat"))
    page = await world.comes(school(LINK), "bot")
    before = world.made(seen(school(LINK))).violations
    assert page.violations == before
    assert not page.differs


async def test_nor_do_articles_of_a_box_that_changes_by_itself(world: World) -> None:
    def box(*names: str) -> bytes:
        return school(
            "<div class='ngau-nhien'>" + "".join(f"<a href='/{n}.html'>Xem {n}</a>" for n in names) + "</div>"
        )

    bad = "nhà cái uy tín khuyến mãi"
    await world.stored(seen(box("Tin một", "Tin hai")), seen(box("Tin ba", "Tin một"), view="repeat"))
    before = world.made(seen(box("Tin hai", bad))).violations
    assert before
    page = await world.comes(box("Tin hai", bad), "bot")
    assert page.violations == before


async def test_what_was_cloaked_once_stays_so_while_its_view_shows_it(world: World) -> None:
    await honest(world)
    first = await world.comes(school(LINK), "bot")
    assert {(v.vector, v.confidence) for v in first.violations} == {("planted", "confirmed")}
    await world.store.findings.write([first], first.fetched)
    for plain in (seen(school("")), seen(b"down", status=503)):  # a recheck fetches no repeat, and the host may be down
        world.database["pages"].delete_many({})
        world.pipeline._repeats.clear()
        await world.stored(plain)
        again = await world.comes(school(LINK), "bot")
        assert {(v.vector, v.confidence) for v in again.violations} == {("planted", "confirmed")}


async def test_one_plain_visit_alone_does_not_make_a_suspicion_sure(world: World) -> None:
    await world.stored(seen(school("")))
    suspected = world.made(seen(school(LINK))).violations
    page = await world.comes(school(LINK), "bot")
    assert [v.confidence for v in page.violations] == [v.confidence for v in suspected]


async def test_comments_may_be_newer_than_the_plain_visit(world: World) -> None:
    await honest(world)
    comment = f"<ul class='comments'><li>{GAMBLING}</li></ul>"
    page = await world.comes(school(comment), "bot")
    assert {v.vector for v in page.violations} == {"posted"}


@pytest.mark.parametrize("view", ["bot", "search"])
async def test_mere_difference_is_a_suspicion_when_it_is_seen_twice(world: World, view: str) -> None:
    await honest(world)
    first = await world.comes(OTHER, view)
    assert first.differs
    assert not first.violations
    await world.stored(replace(first))
    world.pipeline._differed.clear()  # as after a restart: what the store keeps is enough
    second = await world.comes(OTHER, view, again=True)
    (found,) = second.violations
    assert (found.rule, found.category, found.vector, found.confidence) == (
        CLOAKED,
        "compromise",
        "planted",
        "suspected",
    )
    assert "Cheap garden furniture online" in [evidence.quote for evidence in found.evidence]
    assert "host:shop-sofas.com" in found.keys
    assert world.stats[f"compare/suspected/{view}"] == 1


async def test_a_second_look_that_is_like_the_plain_ones_clears_it(world: World) -> None:
    await honest(world)
    assert (await world.comes(OTHER, "bot")).differs
    second = await world.comes(school(""), "bot", again=True)
    assert not second.differs
    assert not second.violations


async def test_without_a_repeat_mere_difference_says_nothing(world: World) -> None:
    await world.stored(seen(school("")))
    await world.comes(OTHER, "bot")
    assert not (await world.comes(OTHER, "bot", again=True)).violations


async def test_a_suspicion_stays_while_one_look_confirms_it(world: World) -> None:
    await honest(world)
    await world.comes(OTHER, "bot")
    page = await world.comes(OTHER, "bot", again=True)
    await world.store.findings.write([page], page.fetched)
    world.pipeline._differed.clear()
    later = await world.comes(OTHER, "bot")
    assert [v.rule for v in later.violations] == [CLOAKED]
    world.database["pages"].update_one({}, {"$set": {"status": 503, "seen": []}})
    world.pipeline._repeats.clear()
    down = await world.comes(OTHER, "bot")
    assert [v.rule for v in down.violations] == [CLOAKED]
    assert not down.differs
    assert not (await world.comes(school(""), "bot", url=f"{URL}x")).violations


@pytest.mark.parametrize("view", ["bot", "search", "mobile"])
async def test_a_way_to_an_unknown_site_for_some_only_is_a_suspicion(world: World, view: str) -> None:
    await honest(world)
    away = {"status": 302, "headers": {"Location": "https://unknown-place.com/x"}}
    assert (await world.comes(b"", view, **away)).differs
    (found,) = (await world.comes(b"", view, again=True, **away)).violations
    assert (found.category, found.vector, found.confidence) == ("compromise", "redirected", "suspected")
    assert found.evidence[0].target == "https://unknown-place.com/x"


@pytest.mark.parametrize("view", ["mobile", "rendered"])
async def test_phones_and_browsers_may_see_another_page(world: World, view: str) -> None:
    await honest(world)
    for again in (False, True):
        page = await world.comes(OTHER, view, again=again)
        assert not page.differs
        assert not page.violations


async def test_what_a_script_brings_in_is_judged_like_what_the_server_sends(world: World) -> None:
    await honest(world)
    for inner in (LINK, GAMBLING):
        before = [(v.vector, v.confidence) for v in world.made(seen(school(inner))).violations]
        page = await world.comes(school(inner), "rendered")
        assert [(v.vector, v.confidence) for v in page.violations] == before
        assert all(e.where.endswith("only in view rendered") for v in page.violations for e in v.evidence)


async def test_what_fills_a_shell_is_the_page_itself(world: World) -> None:
    await world.stored(seen(APP), seen(APP, view="repeat"))
    page = await world.comes(school(LINK), "rendered")
    assert {v.vector for v in page.violations} == {"linked"}
    served = await world.comes(school(GAMBLING), "bot")  # made for robots what the script makes for people
    ruled = world.made(seen(school(GAMBLING))).violations
    assert [(v.vector, v.confidence) for v in served.violations] == [(v.vector, v.confidence) for v in ruled]
    assert not (await world.comes(OTHER, "bot", again=True)).differs


async def test_a_site_that_blocks_robots_is_counted_and_not_accused(world: World) -> None:
    await honest(world)
    for status in (403, 429, 503):
        page = await world.comes("<h1>Access denied</h1>", "bot", status=status)
        assert not page.violations
        assert not page.differs
    captcha = await world.comes("<title>Xác minh</title><p>Vui lòng nhập captcha</p>", "search")
    assert not captcha.differs
    assert world.stats["compare/blocked/bot"] == 3
    assert world.stats["compare/blocked/search"] == 1


async def test_a_page_that_nobody_saw_plainly_is_left_as_the_rules_say(world: World) -> None:
    before = world.made(seen(school(LINK))).violations
    page = await world.comes(school(LINK), "bot")
    assert page.violations == before
    assert not page.differs


async def test_nor_does_it_become_sure_by_being_seen_in_that_view_again(world: World) -> None:
    weak = school("<p>nhà cái uy tín</p>")
    before = world.made(seen(weak)).violations
    assert {(v.vector, v.confidence) for v in before} == {("planted", "suspected")}
    for _ in range(2):
        page = await world.comes(weak, "bot")
        assert page.violations == before
        await world.store.findings.write([page], page.fetched)


async def test_a_large_plain_page_is_read_beside_the_crawl(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.compare.LARGE", 100)
    await honest(world)
    page = await world.comes(school(LINK), "bot")
    assert {(v.vector, v.confidence) for v in page.violations} == {("planted", "confirmed")}


async def test_plain_pages_documents_and_other_items_pass_without_a_store(settings: Settings) -> None:
    pipeline = ComparePipeline.from_crawler(crawler_of(settings))
    plain, paper = seen(school("")), seen(b"", view="bot")
    paper.document = "pdf"
    for item in (plain, paper, Link("http://a.vn/")):
        assert await pipeline.process_item(item) is item


async def test_what_is_remembered_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.compare.REMEMBERED", 3)
    for number in range(6):
        await world.comes(school(""), "repeat", url=f"{URL}{number}")
    assert len(world.pipeline._repeats) == 3

"""The scripts of the demo in the real browser: every redirect and injection happens, every honest page settles."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from crawler.demo import Host, Province, Request, serve
from crawler.demo.model import PORT
from crawler.demo.plants.form import forms
from crawler.demo.running import Running
from crawler.demo.seen.outside import outside
from crawler.demo.web import answer

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 20_000  # milliseconds until something that has to happen has happened
AT_ONCE = 3
VOTES = re.compile(r"nhà cái|cá cược|phim sex|[Vv]ay nóng")


async def lands(page: Page, end: str) -> None:
    await page.wait_for_url(f"**/{end}?**", wait_until="commit", timeout=PATIENCE)


def away(end: str) -> Callable[[Page], Awaitable[None]]:
    """The page leads to ``end`` without help."""
    return lambda page: lands(page, end)


def clicked(end: str) -> Callable[[Page], Awaitable[None]]:
    """A click beside everything leads there, and nothing before."""

    async def act(page: Page) -> None:
        await page.wait_for_load_state("load", timeout=PATIENCE)
        before = page.url
        await page.wait_for_timeout(300)
        assert page.url == before
        await page.mouse.click(4, 4)
        await lands(page, end)

    return act


async def pops(page: Page) -> None:
    await page.wait_for_load_state("load", timeout=PATIENCE)
    async with page.context.expect_page(timeout=PATIENCE) as opened:
        await page.mouse.click(4, 4)
    await lands(await opened.value, "vao")


async def shows(page: Page) -> None:
    """A text of theirs comes into a page that went out without it; shadow trees count."""
    await page.get_by_text(VOTES).first.wait_for(state="attached", timeout=PATIENCE)


async def frames(page: Page) -> None:
    await page.frame_locator("#khung-tin iframe").get_by_text(VOTES).first.wait_for(timeout=PATIENCE)


OFFENCES: dict[str, Callable[[Page], Awaitable[None]]] = {
    "chained_refresh": away("dang-ky"),
    "plain_script": away("dang-ky"),
    "coded_base64": away("dang-ky"),
    "coded_letters": away("vay-nhanh"),
    "coded_hex": away("vao"),
    "delayed_away": away("daftar"),
    "frame_away": away("dang-ky"),
    "cookie_script": away("dang-ky"),
    "click_away": clicked("dang-ky"),
    "click_layer": clicked("dang-ky"),
    "click_popup": pops,
    "frame_shown": frames,
    "foreign_script": shows,
    "foreign_write": shows,
    "json_call": shows,
    "shadow_tree": shows,
    "late_write": shows,
    "popup_banner": shows,
}


async def routes(page: Page) -> None:
    await page.get_by_text("thịt kho trứng").wait_for(timeout=PATIENCE)
    await page.wait_for_url("**/ung-dung/ngay/0", timeout=PATIENCE)
    await page.get_by_role("button", name="Từ chối").click(timeout=PATIENCE)  # the banner lies above the whole app
    await page.get_by_role("link", name="Thứ Tư").click(timeout=PATIENCE)
    await page.get_by_text("canh cua mồng tơi").wait_for(timeout=PATIENCE)
    assert page.url.endswith("/ung-dung/ngay/2")


async def advertises(page: Page) -> None:
    await page.frame_locator('iframe[title="Quảng cáo"]').locator("a").wait_for(timeout=PATIENCE)


async def asks(page: Page) -> None:
    await page.get_by_role("button", name="Từ chối").click(timeout=PATIENCE)
    assert await page.get_by_role("dialog").count() == 0


async def loads(page: Page) -> None:
    await page.wait_for_load_state("load", timeout=PATIENCE)
    await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    await page.get_by_text("Lớp 5A đạt giải Nhất").wait_for(timeout=PATIENCE)


async def fills(page: Page) -> None:
    await page.get_by_text("chào cờ, Toán, Ngữ văn").wait_for(timeout=PATIENCE)


async def counts(page: Page) -> None:
    await page.wait_for_function("document.getElementById('dong-ho')?.textContent", timeout=PATIENCE)


async def greets(page: Page) -> None:
    await page.get_by_text("Chào buổi").wait_for(timeout=PATIENCE)


async def maps(page: Page) -> None:
    await page.locator('iframe[title="Bản đồ"]').wait_for(state="attached", timeout=PATIENCE)


HONEST: dict[str, Callable[[Page], Awaitable[None]]] = {
    "single_page_app": routes,
    "newspaper_ads": advertises,
    "cookie_banner": asks,
    "lazy_loading": loads,
    "robots_get_html": fills,
    "visit_counters": counts,
    "greeting": greets,
    "map_frame": maps,
}


def chosen(seen: Province) -> list[Host]:
    """The schools and what lies outside of them."""
    names = outside()
    return [host for host in seen.hosts if host.address.startswith("127.77.4.") or host.name in names]


@asynccontextmanager
async def opened(hosts: list[Host]) -> AsyncIterator[tuple[Running, Browser]]:
    """The hosts served, and a browser that knows these names and no others."""
    rules = ",".join([*(f"MAP {host.name} {host.address}" for host in hosts), "MAP * ~NOTFOUND"])
    async with serve(Province.of(hosts)) as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        try:
            yield running, browser
        finally:
            await browser.close()


async def look(context: BrowserContext, url: str, act: Callable[[Page], Awaitable[None]]) -> list[str]:
    """What goes wrong when ``act`` watches ``url``: nothing, or one line."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{url}: {error}"))
    try:
        await page.goto(url, wait_until="commit", timeout=PATIENCE)
        await act(page)
    except (Error, AssertionError) as error:
        faults.append(f"{url}: {error}, at {page.url}")
    return faults


async def watch(hosts: list[Host], acts: dict[str, Callable[[Page], Awaitable[None]]], urls: dict[str, str]) -> None:
    """Each form in a context of its own; nothing but the province may be asked for anything."""
    gate = asyncio.Semaphore(AT_ONCE)
    asked: set[str] = set()
    async with opened(hosts) as (running, browser):

        async def one(form: str) -> list[str]:
            async with gate:
                context = await browser.new_context()
                context.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
                found = await look(context, urls[form].replace(PORT, str(running.port)), acts[form])
                await context.close()
                return [f"{form}: {fault}" for fault in found]

        faults = [fault for found in await asyncio.gather(*map(one, acts)) for fault in found]
        assert not faults, "\n".join(faults)
        assert running.hits == []
    ours = {host.name for host in hosts}
    assert {name for name in asked if not name.endswith("-demo.example")} - ours <= {""}


async def test_every_scripted_offence_happens_in_a_browser(seen: Province) -> None:
    urls = {truth.form: truth.url for truth in seen.truth.violations}
    assert set(OFFENCES) == set(forms("seen/scripted.txt"))
    await watch(chosen(seen), OFFENCES, urls)


async def test_every_honest_dynamic_page_works_in_a_browser(seen: Province) -> None:
    urls = {one.form: one.url for one in seen.truth.lookalikes}
    await watch(chosen(seen), HONEST, urls)


def scripts(hosts: list[Host], paths: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(where, code) of the scripts of these pages, inline ones and files."""
    for host in hosts:
        for path in host.pages:
            if path.endswith(".js") or (host.name, path) in paths:
                reply = answer(host, Request("GET", host.name, path, {}, 8080, 1))
                body = str(reply.body)
                codes = (
                    [body]
                    if path.endswith(".js")
                    else re.findall(r"(?s)<script(?![^>]* src=)[^>]*>(.*?)</script>", body)
                )
                yield from ((f"{host.name}{path}", code) for code in codes)


async def test_every_script_parses(seen: Province) -> None:
    hosts = chosen(seen)
    told = [*(one.url for one in seen.truth.violations), *(one.url for one in seen.truth.lookalikes if one.cloaking)]
    paths = {(url.split("/")[2].split(":")[0], url.split(PORT)[1]) for url in told}
    code = list(scripts(hosts, paths))
    assert len(code) > 40
    async with opened(hosts[:1]) as (_, browser):
        page = await browser.new_page()
        for where, text in code:
            fault = await page.evaluate("code => { try { new Function(code); } catch (e) { return String(e); } }", text)
            assert fault is None, f"{where}: {fault}\n{text}"


@pytest.mark.parametrize("name", ["coded_base64", "click_away", "shadow_tree"])
def test_what_a_script_hides_does_not_stand_in_the_page(seen: Province, name: str) -> None:
    (truth,) = [one for one in seen.truth.violations if one.form == name]
    host = next(host for host in seen.hosts if host.name == truth.host.split(":")[0])
    body = str(answer(host, Request("GET", host.name, truth.url.split(PORT)[1], {}, 8080, 1)).body)
    assert "hpedu77" not in body
    assert not VOTES.search(body)

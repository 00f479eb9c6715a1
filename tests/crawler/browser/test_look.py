"""What a visitor does not see, by computed style; and the screenshot that shows where the offending parts are."""

import asyncio
import struct
from datetime import UTC, datetime
from typing import Any

from crawler.page import extract
from tests.crawler.browser.rendering import Seen, render
from tests.crawler.download.raw_server import page, serving_raw

HEAD = """<!doctype html><html lang=vi><meta charset=utf-8><title>Trường THCS A</title><style>
@media screen { .m { display: none } } div.a > p { position: absolute; left: -9999px } .s { font-size: 0 }
.c { color: #fefefe } .late { opacity: 0 } .v { visibility: hidden } .v b { visibility: visible }
.z { height: 0; overflow: hidden } .i { text-indent: -9999px } .k { clip-path: inset(50%) } .was { display: none }
.hero { position: relative; height: 90px; width: 300px } .hero img { position: absolute; inset: 0; width: 100%;
  height: 100% }
.hero p { position: relative; color: white } .dark { background: #222; color: #fff }
</style>"""
BODY = """<body><h1>Lịch công tác tuần</h1>
<p class=m>media</p><div class=a><p>away</p></div><p class=s>tiny</p><p class=c>white</p><p class=late>clear</p>
<div class=v>unseen <b>though</b></div><div class=z>flat</div><p class=i>indent</p><p class=k>clip</p>
<p class=was id=shows>opened</p><p hidden>attr</p><div class=hero><img src=/i.png><p>on picture</p></div>
<p class=dark>on dark</p><p id=kid style="display:none"><span>below</span></p>
<script>shows.style.display = 'block'</script>"""
HIDDEN = {
    "media": "display_none",
    "away": "off_screen",
    "tiny": "font_size",
    "white": "colour",
    "clear": "opacity",
    "unseen": "visibility",
    "flat": "zero_size",
    "indent": "text_indent",
    "clip": "clipped",
    "attr": "attribute",
    "below": "display_none",
}
LONG = """<body style="font:16px sans-serif"><header style="background:#06c;color:#fff;padding:20px">Trường
THCS A</header>
<p>Thông báo lịch học kỳ I</p><ul><li>Nhà <b>cái</b>
 uy <i>tín</i> số 1</li><li><a href="http://bad.test/vao?ref=9"><span>Đăng nhập nhận 88K</span></a></li></ul>
<div style="position:absolute;left:-9999px">tài xỉu online</div><div style="height:30000px">dài</div>"""


async def see(body: str, **order: Any) -> Seen:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(page((HEAD + body).encode(), "text/html; charset=utf-8"))

    async with serving_raw(answer) as server:
        found = await render(
            [server.url("/")], order=order, RASOAT_ALLOWED_NETWORKS="127.77.0.0/16", RASOAT_WEB_PORTS=str(server.port)
        )
        assert found.left == 0
        return found[server.url("/")]


async def test_computed_style_decides_what_is_hidden() -> None:
    seen = await see(BODY)
    told = extract(
        url=seen.final,
        status=200,
        headers=[("Content-Type", "text/html; charset=utf-8")],
        body=seen.body.encode(),
        fetched=datetime.now(UTC),
        host="127.77.0.1",
        look=seen.look,
    )
    hidden = {block.text: block.hidden for block in told.blocks if block.part == "hidden"}
    assert hidden == HIDDEN, seen.body
    shown = "\n".join(block.text for block in told.blocks if block.part == "text").split("\n")
    assert {"though", "opened", "on picture", "on dark"} <= set(shown)
    again = await see(BODY)
    assert again.look == seen.look, "the same page gives the same bytes"


async def test_the_screenshot_frames_what_is_seen_and_names_what_is_not() -> None:
    wanted = ("nhà cái uy tín", "http://bad.test/vao?ref=9", "tài xỉu online")
    seen = await see(LONG, screenshot=True, frames=wanted)
    shot = seen.rendered.screenshot
    assert seen.rendered.framed == list(wanted[:2])
    assert shot.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", shot[16:24])
    assert (width, height) == (1280, 8_000)
    assert len(shot) < 6 * 1024 * 1024
    assert "tài xỉu online" in seen.body
    assert "Phần bị ẩn" not in seen.body, "what is drawn is no part of the page"


async def test_the_screenshot_of_a_phone_is_as_wide_as_a_phone() -> None:
    seen = await see(f"<meta name=viewport content='width=device-width'>{BODY}", screenshot=True, mobile=True)
    width, _ = struct.unpack(">II", seen.rendered.screenshot[16:24])
    assert width == 390

"""What the browser saw becomes part of the page."""

from datetime import UTC, datetime

from crawler.browser.seen import enrich
from crawler.items import Edge, Landing, Rendered
from crawler.page import extract

URL = "https://thcs-a.edu.vn/tin"


def test_landings_are_redirects_and_foreign_requests_are_links() -> None:
    page = extract(url=URL, status=200, headers=[], body=b"<p>tin", fetched=datetime.now(UTC), host="thcs-a.edu.vn")
    rendered = Rendered(
        edges=[
            Edge("https://cdn.bad.example/a.js", "script", URL),
            Edge("https://bad.example/f", "document", URL),
            Edge(URL, "document"),
            Edge("https://thcs-a.edu.vn/own.js", "script", URL),
            Edge("wss://live.bad.example/s", "websocket", URL),
            Edge("https://bad.example/x.css", "stylesheet", URL),
        ],
        landings=[
            Landing("https://nhacai.example/", ["https://go.example/?a=1", "https://nhacai.example/"], "delay"),
            Landing("https://tai.example/", ["https://tai.example/"], "click"),
        ],
    )
    enrich(page, rendered)
    assert [(each.kind, each.url, each.where) for each in page.redirects] == [
        ("script", "https://go.example/?a=1", "after a delay"),
        ("script", "https://tai.example/", "on click"),
    ]
    assert [(each.kind, each.url) for each in page.links] == [
        ("script", "https://cdn.bad.example/a.js"),
        ("iframe", "https://bad.example/f"),
        ("script", "https://live.bad.example/s"),
    ]
    assert page.rendered is rendered


def test_the_browser_says_what_is_hidden() -> None:
    body = b"""<style>.x{display:none}</style><p class=x>seen</p>
        <div look-1="off_screen">away <a href=/a>link</a><p look-1="shown">back</p></div>"""
    page = extract(url=URL, status=200, headers=[], body=body, fetched=datetime.now(UTC), host="a", look="look-1")
    hidden = [(block.text, block.hidden) for block in page.blocks if block.part == "hidden"]
    shown = [block.text for block in page.blocks if block.part == "text"]
    assert hidden == [("away link", "off_screen")]
    assert shown == ["seen\nback"]
    assert [(link.url, link.hidden) for link in page.links] == [("https://thcs-a.edu.vn/a", "off_screen")]

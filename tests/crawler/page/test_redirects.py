"""Automatic ways off a page."""

from datetime import UTC, datetime

import pytest

from crawler.items import Page
from crawler.page import extract

URL = "http://truong.edu.vn/bai"


def make(html: str = "", status: int = 200, headers: list[tuple[str, str]] | None = None) -> Page:
    sent = [("Content-Type", "text/html; charset=utf-8"), *(headers or [])]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return extract(url=URL, status=status, headers=sent, body=html.encode(), fetched=now, host="truong.edu.vn")


def found(page: Page) -> list[tuple[str, str]]:
    return [(redirect.kind, redirect.url) for redirect in page.redirects]


def test_http_and_refresh_header() -> None:
    page = make(status=302, headers=[("Location", "//slot.example/?a=1"), ("Refresh", "0; url='/moi'")])
    assert found(page) == [("http", "http://slot.example/?a=1"), ("refresh", "http://truong.edu.vn/moi")]
    assert [link.kind for link in page.links] == ["redirect", "redirect"]
    assert found(make(status=200, headers=[("Location", "/x")])) == []


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        ("0;url=http://slot.example/", ["http://slot.example/"]),
        ("5; URL='/x'", ["http://truong.edu.vn/x"]),
        ("3", []),
        ("60;url=/bai", []),
        ("0;javascript:alert(1)", []),
        (" 0 , http://slot.example/", ["http://slot.example/"]),
    ],
)
def test_meta_refresh(content: str, targets: list[str]) -> None:
    page = make(f'<meta http-equiv="Refresh" content="{content}">')
    assert [url for _, url in found(page)] == targets


def test_meta_refresh_in_noscript_is_no_redirect_but_a_link() -> None:
    page = make('<noscript><meta http-equiv="refresh" content="0;url=/x"></noscript>')
    assert found(page) == []
    assert [(link.kind, link.hidden) for link in page.links] == [("meta_refresh", "noscript")]


@pytest.mark.parametrize(
    "script",
    [
        "window.location.href = 'http://slot.example/';",
        'location="http://slot.example/"',
        "top.location.replace('http:\\/\\/slot.example\\/')",
        "document.location.assign('\\x68ttp://slot.example/')",
        "if (/google/.test(document.referrer)) { location.href='http://slot.example/' }",
        "(function(){ location.href='http://slot.example/' })();",
        "!function(){ location='http://slot.example/' }()",
        "setTimeout(function () { window.location = 'http://slot.example/'; }, 10);",
        "setTimeout(() => { window.location = 'http://slot.example/'; }, 10);",
        "setTimeout(\"location.href='http://slot.example/'\", 10)",
        "window.onload = function() { location.href = 'http://slot.example/'; }",
        "$(document).ready(function(){ location.href = 'http://slot.example/' })",
        "$(function(){ location.href = 'http://slot.example/' })",
        "document.addEventListener('DOMContentLoaded', () => { location.href = 'http://slot.example/' })",
        "function di() { location.href = 'http://slot.example/' } di();",
        "function di() { location.href = 'http://slot.example/' }\nsetTimeout(di, 50);",
    ],
)
def test_automatic_scripts(script: str) -> None:
    assert found(make(f"<script>{script}</script>")) == [("script", "http://slot.example/")]


@pytest.mark.parametrize(
    "script",
    [
        "function di() { location.href = 'http://slot.example/' }",
        "nut.onclick = function() { location.href = 'http://slot.example/' }",
        "$('#nut').click(function() { location.href = 'http://slot.example/' })",
        "nut.addEventListener('click', () => { location.href = 'http://slot.example/' })",
        "var x = \"location.href='http://slot.example/'\";",
        "// location.href = 'http://slot.example/'",
        "/* location.href = 'http://slot.example/' */",
        "if (location.href == 'http://slot.example/') {}",
        "location.href = 'http://slot.example/' + ma;",
        "var vitri = {location: 'http://slot.example/'}; mylocation = 'http://slot.example/'",
        "window.open('http://slot.example/')",
    ],
)
def test_scripts_that_wait_for_a_visitor(script: str) -> None:
    assert found(make(f"<script>{script}</script>")) == []


def test_onload_of_the_body() -> None:
    assert found(make("<body onload=\"location='http://slot.example/'\">")) == [("script", "http://slot.example/")]

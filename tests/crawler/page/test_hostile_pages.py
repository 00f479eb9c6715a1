"""No bytes make the room raise."""

import gzip
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crawler.page import extract, robots, sitemap
from crawler.urls import parse

NOW = datetime(2026, 11, 23, tzinfo=UTC)
_PIECES = st.sampled_from(
    [
        b"<div ",
        b"<p>",
        b"</p>",
        b"<a href=",
        b"'/x'",
        b'"http://x.vn/',
        b'"',
        b"'",
        b">",
        b"</a>",
        b"<!--",
        b"-->",
        b"<script>",
        b"</script>",
        b"location='/y'",
        b"{",
        b"}",
        b"function f(){",
        b"<style>.a{display:none}",
        b"</style>",
        b"class=a ",
        b"style=display:none ",
        b"hidden ",
        b"id=",
        b"<meta http-equiv=refresh content=",
        b"0;url=//",
        b"<base",
        b"<template>",
        b"<noscript>",
        b"<table>",
        b"<td>",
        b"<svg>",
        b"<frameset>",
        b"<form action=",
        b"<input name=x>",
        b"</body>",
        b"</html>",
        b"<body onload=",
        b"<h1>",
        b"<title>",
        b"<b>",
        b"</b>",
        b"<bgsound rasoat-tail>",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe1\xbb",
        b"&#x110000;",
        b"&#xD800;",
        b"\x1e",
        b"<img alt=",
        b"<time datetime=",
        b"2026-01-01T99:99",
        b"<?xml",
        b"<urlset>",
        b"<url><loc>",
        b"</loc></url>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    ]
)
_BODIES = st.one_of(st.binary(max_size=300), st.lists(_PIECES, max_size=40).map(b"".join))
_TYPES = st.sampled_from(
    ["text/html", "", "text/xml", "text/plain", "text/html; charset=utf-16", "application/json", "x"]
)


@given(_BODIES, _TYPES, st.text(max_size=40), st.integers(0, 999))
def test_extract_is_total(body: bytes, kind: str, text: str, status: int) -> None:
    headers = [("Content-Type", kind), ("Location", text), ("Refresh", text)]
    for url in ("http://truong.edu.vn/a", text):
        page = extract(url=url, status=status, headers=headers, body=body, fetched=NOW, host="truong.edu.vn")
        assert page.body == body
        for link in page.links:
            assert parse(link.url).url == link.url
        for block in page.blocks:
            assert block.text
            block.text.encode()
        assert -(2**63) <= page.simhash < 2**63


@given(_BODIES, st.text(max_size=20))
def test_clue_files_are_total(body: bytes, text: str) -> None:
    for each in (body, gzip.compress(body), gzip.compress(body)[:-3], body + text.encode("utf-8", "replace")):
        sitemap.read(each, "http://truong.edu.vn/sitemap.xml")
        robots.read(each, text)
        robots.read(b"Disallow: " + each, "http://truong.edu.vn/robots.txt")


def test_a_url_that_is_none_still_gives_a_page() -> None:
    page = extract(url="mailto:x", status=200, headers=[], body=b"<html><a href=/x>y</a>", fetched=NOW, host="")
    assert page.links == []

"""Sitemaps, feeds and robots.txt: read, or left, and never trusted."""

import gzip
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crawler.page import dates, redirects, robots, sitemap
from crawler.urls import parse
from tests.fuzz.made import bent_ones

NOW = datetime(2026, 11, 23, tzinfo=UTC)
URLSET = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://truong.edu.vn/tin/1.html</loc>
<lastmod>2026-09-05T07:30:00+07:00</lastmod><priority>0.8</priority></url><url><loc><![CDATA[http://truong.edu.vn/a?b=1&c=2]]></loc>
<lastmod>2026-09</lastmod><news:news><news:publication_date>2026-09-05</news:publication_date></news:news></url></urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>/sitemap-1.xml.gz</loc>
<lastmod>2026-11-01</lastmod></sitemap><sitemap><loc>http://khac.example/sitemap.xml</loc></sitemap></sitemapindex>"""
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Tin trường</title><link>http://truong.edu.vn/</link>
<item><title>Lễ khai giảng &amp;amp; hội trại</title><link>http://truong.edu.vn/tin/2.html</link>
<guid isPermaLink="true">
http://truong.edu.vn/tin/2.html</guid><pubDate>Sat, 05 Sep 2026 07:30:00 +0700</pubDate></item></channel>
</rss>""".encode()
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>tag:1</id><link rel="self" href="/s"/>
<link href="/tin/3"/><updated>2026-09-05T00:00:00Z</updated><title type="html">&lt;b&gt;x&lt;/b&gt;</title></entry>
</feed>"""
TEXT = b"http://truong.edu.vn/1\nhttp://truong.edu.vn/2\n\xef\xbb\xbfhttp://truong.edu.vn/3\n"
UTF16 = URLSET.decode().replace("UTF-8", "UTF-16").encode("utf-16")
LISTS = (
    URLSET,
    INDEX,
    RSS,
    ATOM,
    TEXT,
    UTF16,
    gzip.compress(URLSET, mtime=0),
    gzip.compress(gzip.compress(RSS, mtime=0), mtime=0),
)
ROBOTS = b"""\xef\xbb\xbfUser-agent: *\nDisallow: /admin/\nDisallow: /*?s=\nAllow: /\nCrawl-delay: 5\n
User-agent: Bingbot\nUser-agent: rasoat\nDisallow: /tmp$ # c\nCrawl-delay: 0.5
Sitemap: http://truong.edu.vn/sitemap.xml\nHost: x\n"""
BASES = st.sampled_from(
    ["http://truong.edu.vn/sitemap.xml", "https://truong.edu.vn:8443/a/b?c#d", "", "ftp://x/", "http://["]
)


@given(bent_ones(*LISTS), BASES)
def test_sitemaps_and_feeds(body: bytes, base: str) -> None:
    found = sitemap.read(body, base)
    assert found.kind in ("index", "urlset", "feed", "text", "none")
    assert len(found.entries) <= sitemap.MAX_ENTRIES
    for link in found.entries:
        assert parse(link.url).url == link.url
        assert len(link.text) <= 200
        link.text.encode("utf-8")
        assert link.lastmod is None or link.lastmod.tzinfo is not None


@given(bent_ones(ROBOTS, ROBOTS.replace(b"\n", b"\r"), b"<html>", ROBOTS.decode().encode("utf-16")), BASES)
def test_robots(body: bytes, base: str) -> None:
    found = robots.read(body, base)
    assert len(found.sitemaps) <= 200
    assert len(found.disallowed) <= 500
    assert found.crawl_delay is None or 0 <= found.crawl_delay < 1e6
    for url in (*found.sitemaps, *found.disallowed):
        assert parse(url).url == url


DATES = ("2026-09-05T07:30:00+07:00", "2026-9-5 7:30", "05/09/2026 07:30", "Thứ Bảy, ngày 5 tháng 9 năm 2026, 7 giờ 30")
PARTS = st.lists(st.sampled_from([*"0123456789-/:.T Z+,", "ngày ", "tháng ", "năm ", "２", "٣", "99999"]), max_size=30)


@given(
    st.one_of(
        bent_ones(*(text.encode() for text in DATES)).map(lambda data: data.decode("utf-8", "replace")),
        PARTS.map("".join),
    )
)
def test_dates(text: str) -> None:
    for found in (dates.read_iso(text, NOW), dates.read_spoken(text, NOW), dates.near_title(text, "", NOW)):
        assert found is None or found.tzinfo is not None
    dates.in_json_ld(f'{{"datePublished": "{text}"}}', NOW)


@given(st.one_of(st.text(max_size=60), bent_ones(b"5; url='/x'").map(lambda data: data.decode("latin-1"))))
def test_refreshes(text: str) -> None:
    assert isinstance(redirects.refresh_target(text), str)

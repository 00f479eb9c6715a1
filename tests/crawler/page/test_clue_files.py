"""Sitemaps, feeds and robots.txt."""

import gzip
from datetime import UTC, datetime

from crawler.page import robots, sitemap

URL = "http://truong.edu.vn/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urls(body: bytes) -> list[str]:
    return [link.url for link in sitemap.read(body, URL).entries]


def test_urlset_with_dates_and_pictures() -> None:
    found = sitemap.read(
        f"""<?xml version="1.0"?><urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
        <url><loc> http://truong.edu.vn/lịch thi </loc><lastmod>2026-09-05</lastmod>
        <image:image><image:loc>http://truong.edu.vn/a.jpg</image:loc></image:image></url>
        <url><loc><![CDATA[/b?x=1&utm_source=2]]></loc></url></urlset>""".encode(),
        URL,
    )
    assert found.kind == "urlset"
    assert [link.url for link in found.entries] == [
        "http://truong.edu.vn/l%E1%BB%8Bch%20thi",
        "http://truong.edu.vn/b?x=1",
    ]
    assert found.entries[0].lastmod == datetime(2026, 9, 4, 17, tzinfo=UTC)
    assert {link.kind for link in found.entries} == {"sitemap"}


def test_index_and_gzip() -> None:
    body = f"<sitemapindex {NS}><sitemap><loc>/s1.xml.gz</loc></sitemap></sitemapindex>".encode()
    for each in (body, gzip.compress(body), gzip.compress(gzip.compress(body)), gzip.compress(body)[:-6]):
        found = sitemap.read(each, URL)
        assert (found.kind, [link.url for link in found.entries]) == ("index", ["http://truong.edu.vn/s1.xml.gz"])


def test_rss_and_atom() -> None:
    rss = """<rss version="2.0"><channel><title>Kênh</title><link>/</link><item><title>Lịch &amp; thi</title>
    <link>http://truong.edu.vn/a</link><pubDate>Sat, 05 Sep 2026 08:30:00 +0700</pubDate></item>
    <item><guid>http://truong.edu.vn/b</guid></item></channel></rss>"""
    found = sitemap.read(rss.encode(), URL)
    assert [(link.url, link.text) for link in found.entries] == [
        ("http://truong.edu.vn/a", "Lịch & thi"),
        ("http://truong.edu.vn/b", ""),
    ]
    assert found.entries[0].lastmod == datetime(2026, 9, 5, 1, 30, tzinfo=UTC)
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link rel="edit" href="/sua"/>
    <link href="/doc"/><updated>2026-09-05T01:30:00Z</updated></entry></feed>"""
    found = sitemap.read(atom.encode(), URL)
    assert (found.kind, [link.url for link in found.entries]) == ("feed", ["http://truong.edu.vn/doc"])


def test_text_sitemap_and_things_that_are_none() -> None:
    assert urls(b"\xef\xbb\xbfhttp://truong.edu.vn/a\r\n\r\nhttp://truong.edu.vn/b\n") == [
        "http://truong.edu.vn/a",
        "http://truong.edu.vn/b",
    ]
    for body in (b"", b"Khong tim thay trang", b"<html><p>404</p></html>", b"\x1f\x8b\x08broken", b"\x00" * 100):
        assert (sitemap.read(body, URL).kind, urls(body)) == ("none", [])


def test_broken_xml_gives_what_is_still_readable() -> None:
    body = f"<urlset {NS}><url><loc>/a</loc></url><url><loc>/b?x=1&y=2</loc></url><url><loc>/c</loc>".encode()
    found = sitemap.read(body, URL)
    assert found.cut == "broken"
    assert [link.url for link in found.entries] == [f"http://truong.edu.vn/{path}" for path in ("a", "b?x=1&y=2", "c")]


def test_entity_bomb_is_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><urlset><url><loc>/&e11;</loc></url></urlset>'.encode()
    found = sitemap.read(body, URL)
    assert (found.cut, found.entries) == ("entities", [])
    outside = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><urlset><url><loc>/&f;</loc></url></urlset>'
    assert sitemap.read(outside, URL).entries == []


def test_gzip_bomb_is_bounded() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * (sitemap.MAX_UNPACKED + 1_000_000))
    body, cut = sitemap.unpack(bomb)
    assert (len(body), cut) == (sitemap.MAX_UNPACKED, "size")


def test_entries_are_bounded() -> None:
    many = "".join(f"<url><loc>/{n}</loc></url>" for n in range(sitemap.MAX_ENTRIES + 5))
    found = sitemap.read(f"<urlset>{many}</urlset>".encode(), URL)
    assert (len(found.entries), found.cut) == (sitemap.MAX_ENTRIES, "entries")
    deep = sitemap.read(b"<urlset>" + b"<a>" * 100_000, URL)
    assert deep.entries == []


ROBOTS = """\ufeffUser-agent: Googlebot
Disallow: /chi-google/
Crawl-delay: 99
User-Agent: *
Disallow: /quan-tri/   # kín
Disallow: /tmp/*.html$
Disallow: /
Disallow:
Allow: /x
Crawl-delay: 2.5
Sitemap: /sitemap_index.xml
SITEMAP: http://khac.example/s.xml
Sitemap: javascript:x
"""


def test_robots() -> None:
    found = robots.read(ROBOTS.encode(), "http://truong.edu.vn/robots.txt")
    assert found.sitemaps == ["http://truong.edu.vn/sitemap_index.xml", "http://khac.example/s.xml"]
    assert found.disallowed == [f"http://truong.edu.vn/{path}/" for path in ("chi-google", "quan-tri", "tmp")]
    assert found.crawl_delay == 2.5


def test_robots_that_is_none() -> None:
    for body in (
        b"",
        b"<html>Sitemap: /x</html>",
        b"\xff" * 1000,
        b"Crawl-delay: nan\nCrawl-delay: -1\nCrawl-delay: 1e99",
    ):
        found = robots.read(body, "http://truong.edu.vn/robots.txt")
        assert (found.sitemaps, found.disallowed, found.crawl_delay) == ([], [], None)

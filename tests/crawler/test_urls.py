"""Canonical URLs: one page, one string."""

import pytest

from crawler import urls
from crawler.errors import InvalidUrl

BASE = "https://thpt-ngoquyen.haiphong.edu.vn/tin-tuc/bai-1.html?trang=2"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("HTTP://Truong.EDU.vn:80/A/../b/./C", "http://truong.edu.vn/b/C"),
        ("https://truong.edu.vn:443", "https://truong.edu.vn/"),
        ("http://truong.edu.vn:8080/", "http://truong.edu.vn:8080/"),
        ("http://truong.edu.vn./x", "http://truong.edu.vn/x"),
        ("  http://truong.edu.vn/x\n", "http://truong.edu.vn/x"),
        ("ht\ntp://truong.edu.vn/a\tb", "http://truong.edu.vn/ab"),
        ("http://truong.edu.vn/x#neo", "http://truong.edu.vn/x"),
        ("http://truong.edu.vn/x?", "http://truong.edu.vn/x"),
        ("http:\\\\truong.edu.vn\\a?b\\c", "http://truong.edu.vn/a?b%5Cc"),
        ("http:///truong.edu.vn/a", "http://truong.edu.vn/a"),
        ("http://truong.edu.vn/%7euser/%2e%2E/%e1%bb%87", "http://truong.edu.vn/%E1%BB%87"),
        ("http://truong.edu.vn/lịch thi", "http://truong.edu.vn/l%E1%BB%8Bch%20thi"),
        ("http://truong.edu.vn/50%", "http://truong.edu.vn/50%25"),
        ("http://trường.vn/", "http://xn--trng-rib8295b.vn/"),
        ("http://TRƯỜNG.vn/", "http://xn--trng-rib8295b.vn/"),
        ("//cdn.vn/x", "https://cdn.vn/x"),
        ("/\\cdn.vn/x", "https://cdn.vn/x"),
        ("bai-2.html", "https://thpt-ngoquyen.haiphong.edu.vn/tin-tuc/bai-2.html"),
        ("../a", "https://thpt-ngoquyen.haiphong.edu.vn/a"),
        ("?trang=3", "https://thpt-ngoquyen.haiphong.edu.vn/tin-tuc/bai-1.html?trang=3"),
        ("#", BASE),
        ("", BASE),
        ("https:bai-3.html", "https://thpt-ngoquyen.haiphong.edu.vn/tin-tuc/bai-3.html"),
        ("http:truong.vn", "http://truong.vn/"),
    ],
)
def test_canonical(raw: str, expected: str) -> None:
    assert urls.parse(raw, BASE).url == expected


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        ("http://127.1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://%31%32%37.1/", "127.0.0.1"),
        ("http://１２７.1/", "127.0.0.1"),
        ("http://[::FFFF:127.0.0.1]/", "[::ffff:7f00:1]"),
        ("http://[2001:DB8:0:0::1]:81/", "[2001:db8::1]:81"),
    ],
)
def test_literal_addresses_are_read_as_a_browser_reads_them(raw: str, host: str) -> None:
    assert urls.parse(raw).host == host


@pytest.mark.parametrize(
    "raw",
    [
        "javascript:alert(1)",
        "mailto:a@b.vn",
        "file:///etc/hostname",
        "data:text/html,x",
        "http://",
        "http://a..b/",
        "http://a b/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://1.2.3.08/",
        "http://x:99999/",
        "http://x:0/",
        "http://x:8o/",
        "http://[::1/",
        "http://[::1%25eth0]/",
        "http://xn--\u00ad.vn\u200d\u0301/",
        "http://" + "a" * 64 + ".vn/",
        "http://x.vn/" + "a" * 2083,
        "http://x.vn/" + "ệ" * 100_000,
    ],
)
def test_refused(raw: str) -> None:
    with pytest.raises(InvalidUrl):
        urls.parse(raw, BASE)


def test_relative_without_base_is_refused() -> None:
    for raw in ("/a", "a", "//a", "?a", "#", ""):
        with pytest.raises(InvalidUrl):
            urls.parse(raw)


@pytest.mark.parametrize("raw", ["http://user:mat-khau@x.vn/", "http://mat-khau@x.vn/", "//a:mat-khau@x.vn/"])
def test_credentials_are_refused_and_not_echoed(raw: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        urls.parse(raw, BASE)
    assert "mat-khau" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "path_and_query"),
    [
        ("/a?utm_source=fb&id=1&fbclid=x&_ga=2&zarsrc=3", "/a?id=1"),
        ("/a?%75tm_source=3", "/a"),
        ("/a?PHPSESSID=1234&id=5", "/a?id=5"),
        ("/a?ASPSESSIONIDABCD=1", "/a"),
        ("/a?sid=0123456789abcdef0123", "/a"),
        ("/a?sid=12", "/a?sid=12"),
        ("/a?s=truong", "/a?s=truong"),
        ("/a;jsessionid=77/b;JSESSIONID=7", "/a/b"),
        ("/(S(abc123))/Default.aspx", "/Default.aspx"),
        ("/a?b=2&a=1&b=1", "/a?a=1&b=2&b=1"),
        ("/a?b=2&page/3&a=1", "/a?b=2&page/3&a=1"),
        ("/a?&&b=1&", "/a?b=1"),
        ("/a?x[]=1&x%5b%5d=2", "/a?x%5B%5D=1&x%5B%5D=2"),
        ("/a?gioi=x&sach=y&zalo=1", "/a?gioi=x&sach=y&zalo=1"),
    ],
)
def test_tracking_and_sessions_are_dropped_and_parameters_sorted(raw: str, path_and_query: str) -> None:
    found = urls.parse(raw, "http://x.vn/")
    assert found.url == f"http://x.vn{path_and_query}"
    assert found.path + (f"?{found.query}" if found.query else "") == path_and_query


def test_digest_is_stable_and_knows_no_scheme() -> None:
    assert urls.digest("http://x.vn/a") == urls.digest("https://x.vn/a") == "eaef92a096da39aa9a556cfa210c1333"
    assert len(urls.digest("http://x.vn/a")) == 32
    assert urls.digest("http://x.vn/a") != urls.digest("http://x.vn/b")


def test_hosts() -> None:
    assert urls.host_of("http://x.vn:81/a") == "x.vn:81"
    assert urls.hostname("x.vn:81") == "x.vn"
    assert urls.hostname("[::1]:81") == "::1"
    assert urls.twin("www.x.vn:81") == "x.vn:81"
    assert urls.twin("x.vn") == "www.x.vn"
    assert urls.twin("127.0.0.1:80") == ""


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("www.thcs-a.haiphong.edu.vn:8080", "thcs-a.haiphong.edu.vn"),
        ("haiphong.edu.vn", "haiphong.edu.vn"),
        ("a.b.hanoi.edu.vn", "hanoi.edu.vn"),
        ("xn--haiphong.edu.vn", "xn--haiphong.edu.vn"),
        ("a.example.com", "example.com"),
        ("truong.blogspot.com", "truong.blogspot.com"),
        ("127.0.0.1:81", "127.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_owner(host: str, owner: str) -> None:
    assert urls.owner(host, ["edu.vn.invalid", "haiphong.edu.vn"]) == owner


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        ("/tin-tuc/truong-to-chuc-le-khai-giang-1234.html?page=2&id=44", "/tin-tuc/{slug}-{n}.html?id={n}&page={n}"),
        ("/2024/05/12", "/{n}/{n}/{n}"),
        ("/index.php?option=com_content&view=article&id=7", "/index.php?id={n}&option=com_content&view=article"),
        ("/?pafi=SLOT88", "/?pafi={v}"),
        ("/f/0123456789abcdef0123", "/f/{h}"),
        ("/gioi-thieu.html", "/gioi-thieu.html"),
        ("/slot-gacor/", "/slot-gacor/"),
        ("/l%E1%BB%8Bch-thi", "/lịch-thi"),
    ],
)
def test_shape(url: str, shape: str) -> None:
    assert urls.shape(f"http://x.vn{url}") == shape


def test_articles_of_one_section_have_one_shape() -> None:
    titles = ("le-khai-giang-nam-hoc-moi-1.html", "hoi-nghi-cha-me-hoc-sinh-22.html", "ket-qua-thi-hoc-ky-mot-333.html")
    assert {urls.shape(f"http://x.vn/tin-tuc/{title}") for title in titles} == {"/tin-tuc/{slug}-{n}.html"}


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/a/b/a/b/a/b", "path_repeat"),
        ("/tin/tin/tin/", "path_repeat"),
        ("/lich/2024/x/lich/2024/y", ""),
        ("/a/b/c", ""),
        ("/" + "/".join(map(str, range(17))), "too_deep"),
        ("/?" + "&".join(f"p{n}=1" for n in range(13)), "too_many_parameters"),
        ("/" + "a" * 1600, "too_long"),
    ],
)
def test_trap(path: str, cause: str) -> None:
    assert urls.trap(f"http://x.vn{path}") == cause


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/a.JPG", "media"),
        ("/a.css?v=1", "asset"),
        ("/b.rar", "archive"),
        ("/b.zip", ""),
        ("/b.pdf", ""),
        ("/s.exe", "program"),
        ("/a.pdf", ""),
        ("/a.html", ""),
        ("/", ""),
        ("/x.y/z", ""),
        ("/chao.vn", ""),
    ],
)
def test_media(path: str, kind: str) -> None:
    assert urls.is_media(f"http://x.vn{path}") == kind


def test_defang_leaves_no_link_and_no_control_character() -> None:
    text = urls.defang("xem http://nha-cai.example.com/a và evil.vn\x1b[31m\u202e, HTTPS://x.vn")
    assert text == "xem hxxp://nha-cai[.]example[.]com/a và evil[.]vn\\x1b[31m\\u202e, hxxps://x[.]vn"


def test_clean_is_bounded_and_one_line() -> None:
    assert urls.clean("Trường\r\n\x00THPT") == "Trường\\r\\n\\x00THPT"
    assert urls.clean("a" * 300) == "a" * 199 + "…"
    assert urls.clean("\ud800") == "\\ud800"

"""Canonical URLs: one form, on one host, that stays what it is; whatever stands in a link."""

from hypothesis import given
from hypothesis import strategies as st

from crawler import urls
from crawler.errors import InvalidUrl
from crawler.page.redirects import resolve
from tests.fuzz.made import bent_ones

SAMPLES = (
    b"http://truong.edu.vn/tin-tuc/bai-1.html?id=1&utm_source=x#muc",
    b"https://user:pass@truong.edu.vn:8443/a/../b;jsessionid=1?PHPSESSID=0123456789abcdef",
    b"//xn--hiphng-9ta.vn/%E1%BB%87/%2e%2e/",
    b"HTTP://[::ffff:127.0.0.1]:80/index.php?a[]=1&a[]=2",
    "http://trường.edu.vn/đường dẫn/ảnh.jpg?tên=giá trị".encode(),
    b"?page=2",
    b"../../x.aspx?tabid=1&mid=2&ctl=3",
    b"javascript:location='http://a.example/'",
    b"http://2130706433/",
)
LINKS = bent_ones(*SAMPLES).map(lambda data: data.decode("utf-8", "surrogateescape"))
BASE = urls.base_of("https://goc.edu.vn/a/b?c=1")


@given(LINKS)
def test_links_of_a_page(raw: str) -> None:
    found = urls.join(raw, BASE)
    if not isinstance(found, urls.Url):
        return
    assert urls.parse(found.url) == found
    assert found.url.isascii()
    assert len(found.url) <= urls.MAX_LENGTH
    assert urls.host_of(found.url) == found.host
    assert len(urls.digest(found.url)) == 64 or urls.digest(found.url)
    assert urls.digest(found.url) == urls.digest(urls.parse(found.url).url)
    other = found.url.replace(f"{found.scheme}://", "https://" if found.scheme == "http" else "http://", 1)
    try:
        twin = urls.parse(other)
    except InvalidUrl:
        return
    if twin.host == found.host:  # a port that is left out under one scheme is not under the other
        assert urls.digest(twin.url) == urls.digest(found.url), "a page is the same under both schemes"


@given(st.lists(st.tuples(st.sampled_from(["http", "refresh", "script"]), LINKS, st.just("x")), max_size=30))
def test_redirects(leads: list[tuple[str, str, str]]) -> None:
    for redirect in resolve(leads, BASE, "https://goc.edu.vn/a/b?c=1"):
        assert urls.parse(redirect.url).url == redirect.url


@given(LINKS)
def test_words_about_a_url(raw: str) -> None:
    for shown in (urls.clean(raw), urls.defang(raw)):
        shown.encode("utf-8")
        assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)

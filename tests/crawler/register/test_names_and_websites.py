"""Names, levels, and the cell with the websites."""

import pytest

from crawler.errors import InvalidUrl
from crawler.register.names import fold, level_in_name, level_of
from crawler.register.websites import read_website, read_websites


def test_folding() -> None:
    assert fold("  Trường TH Đằng  Hải – Cơ sở 2 ") == "truong th dang hai co so 2"
    assert fold("TRƯỜNG") == fold("tru\u031bo\u031b\u0300ng")


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Trường THCS Trần Phú", "thcs"),
        ("Trường Trung học cơ sở Trần Phú", "thcs"),
        ("Trường TH&THCS Tân Dân", "lien_cap"),
        ("Trường Tiểu học và Trung học cơ sở X", "lien_cap"),
        ("Trường THCS và THPT Y", "lien_cap"),
        ("Trường Tiểu học Sở Dầu", "tieu_hoc"),
        ("Trường Mầm non Sao Sáng 8", "mam_non"),
        ("THPT Chuyên Trần Phú", "thpt"),
        ("Trung tâm GDNN-GDTX Thủy Nguyên", "gdtx"),
        ("Phòng GD&ĐT quận Lê Chân", "phong"),
        ("Sở Giáo dục và Đào tạo Hải Phòng", "so"),
        ("Thư viện", "khac"),
    ],
)
def test_the_level_that_a_name_tells(name: str, level: str) -> None:
    assert level_in_name(name) == level


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("THCS", "thcs"),
        ("mầm non", "mam_non"),
        ("lien_cap", "lien_cap"),
        ("Cấp 3", "thpt"),
        ("TH, THCS", "lien_cap"),
        ("?", ""),
    ],
)
def test_the_level_that_a_cell_tells(cell: str, level: str) -> None:
    assert level_of(cell) == level


@pytest.mark.parametrize(
    ("cell", "keys"),
    [
        ("a.haiphong.edu.vn", ["a.haiphong.edu.vn/"]),
        ("https://A.Haiphong.edu.vn:443/", ["a.haiphong.edu.vn/"]),
        ("http://a.vn:443", ["a.vn:443/"]),
        ("a.vn:443", ["a.vn/"]),
        ("a.vn:8080/", ["a.vn:8080/"]),
        ("http://portal.vn/thcs-a/index.html", ["portal.vn/thcs-a"]),
        (
            "http://portal.vn/thcs-a/, portal.vn/thcs-b;a.vn\nb.vn",
            ["portal.vn/thcs-a", "portal.vn/thcs-b", "a.vn/", "b.vn/"],
        ),
        ("http://a.vn/Default.aspx?fbclid=x", ["a.vn/"]),
        ("http://a.vn/?lang=vi", ["a.vn/"]),
        ("a.vn http://a.vn https://a.vn/#top", ["a.vn/"]),
        ("127.77.0.5:8080", ["127.77.0.5:8080/"]),
        ("http://[::1]:8080/x", ["[::1]:8080/x"]),
        ("trường.vn", ["xn--trng-rib8295b.vn/"]),
        ("XN--TRNG-RIB8295B.vn", ["xn--trng-rib8295b.vn/"]),
        ("Không có", []),
        ("-", []),
        ("", []),
    ],
)
def test_websites_of_a_cell(cell: str, keys: list[str]) -> None:
    assert [site.key for site in read_websites(cell)] == keys


@pytest.mark.parametrize(
    "cell",
    ["a", "http://", "ftp://a.vn", "http://a .vn", "a.vn:99999", "javascript:alert(1)", "http://a.vn/x?id=1", "a..vn"],
)
def test_what_is_no_website_is_refused(cell: str) -> None:
    with pytest.raises(InvalidUrl):
        read_websites(cell)


@pytest.mark.parametrize(
    "cell", ["http://user:s3cret@a.vn/", "user:s3cret@a.vn", "//user:s3cret@a.vn", "https://s3cret@a.vn"]
)
def test_credentials_are_refused_and_never_shown(cell: str) -> None:
    with pytest.raises(InvalidUrl, match="credentials") as caught:
        read_websites(cell)
    assert "s3cret" not in str(caught.value)


def test_fifty_websites_are_enough() -> None:
    with pytest.raises(InvalidUrl, match="more than 50"):
        read_websites(" ".join(f"a{number}.vn" for number in range(51)))


@pytest.mark.parametrize("token", ["http://a.vn/x", "https://a.vn", "a.vn:8080/x", "127.0.0.1"])
def test_what_an_export_shows_reads_back(token: str) -> None:
    site = read_website(token)
    assert read_website(site.shown) == site

"""A landing page is the offence of the page that leads there, whatever the names on the way."""

from datetime import UTC, datetime
from importlib.resources import files

import pytest

from crawler.items import Landing, Page
from pipelines.engine import Engine, load
from pipelines.landings import landing_violations

CASINO = (
    "<html><head><title>Nhà cái uy tín số 1</title></head><body><h1>Nhà cái XYZ88 tặng 100k</h1>"
    "<p>Đăng ký nhận khuyến mãi nạp đầu 100%, tài xỉu, nổ hũ, link vào mới nhất</p></body></html>"
)
NEWS = "<html><head><title>Báo Hải Phòng</title></head><body><p>Lịch tựu trường năm học mới</p></body></html>"
CHAIN = ["http://rut-gon.example/x", "http://noi-tiep.example/?aff=hp77"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load([files("rules")]))


def led(body: str, cause: str = "delay") -> Page:
    page = Page("https://thcs-a.haiphong.edu.vn/tin/1", "thcs-a.haiphong.edu.vn", 200, datetime.now(UTC))
    landing = Landing("http://tai-day.example/", CHAIN, cause, 200, body=body.encode())
    page.landings = [landing]
    return page


def test_the_page_that_leads_to_a_betting_house_redirects(engine: Engine) -> None:
    (found,) = [each for each in landing_violations(led(CASINO), engine) if each.category == "gambling"]
    assert (found.vector, found.confidence, found.place) == ("redirected", "confirmed", "shape:/tin/{n}")
    way = found.evidence[0]
    assert (way.part, way.quote, way.target) == (
        "redirect", "rut-gon.example → noi-tiep.example", "http://tai-day.example/"
    )  # fmt: skip
    assert way.where == "opened by the page after a delay"
    assert any("XYZ88" in each.quote or "Nhà cái" in each.quote for each in found.evidence[1:])
    assert {"host:rut-gon.example", "host:tai-day.example", "affiliate:aff=hp77"} <= set(found.keys)


def test_an_honest_landing_is_no_offence(engine: Engine) -> None:
    assert landing_violations(led(NEWS), engine) == []
    assert landing_violations(led(""), engine) == []
    plain = Page("https://a.test/", "a.test", 200, datetime.now(UTC))
    assert landing_violations(plain, engine) == []

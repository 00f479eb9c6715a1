"""No bytes make the engine raise, and no page makes it slow."""

import time
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.engine import Document, Engine, Piece, load
from pipelines.engine.document import GIVEN

WORDS = st.sampled_from(["nhà cái", "abc88", "công an", "slot gacor", "https://abc88.com/?ref=1", "\x1e", "\x00", "𝐀"])
ANY = st.one_of(st.text(max_size=200), st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=20).map(" ".join))
PIECES = st.builds(
    Piece, st.sampled_from((*GIVEN, "unknown")), ANY, ANY, ANY, st.sampled_from(["", "display_none"]), ANY
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load([files("rules")]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(url=st.one_of(st.none(), ANY), host=ANY, pieces=st.lists(PIECES, max_size=8))
def test_any_document_is_judged(engine: Engine, url: str | None, host: str, pieces: list[Piece]) -> None:
    document = Document(url, host, "html", pieces)
    verdict = engine.verdict(document)
    assert verdict == engine.verdict(document)
    assert all(len(quote.quote) <= 200 for match in verdict.matches for quote in match.evidence)
    engine.explain(document)


def _links(count: int) -> list[Piece]:
    return [Piece("anchor", f"nhà cái {n}", "main>a", "", "", f"https://abc{n}.example/?ref={n}") for n in range(count)]


@pytest.mark.parametrize(
    "pieces",
    [
        [Piece("text", "a" * 1_000_000)],
        [Piece("text", "a " * 500_000)],
        [Piece("text", "á\u0301" * 500_000)],
        [Piece("text", "nhà cái abc88 nạp đầu " * 50_000)],
        [Piece("script", "location='https://abc88.com';" * 200_000)],
        [Piece("text", "x" * 10) for _ in range(200_000)],
        _links(50_000),
    ],
    ids=["letter", "spelled", "marks", "spam", "script", "pieces", "links"],
)
def test_a_page_built_to_hurt_is_judged_in_time(engine: Engine, pieces: list[Piece]) -> None:
    start = time.process_time()
    engine.judge(Document("https://s.vn/", "s.vn", "html", pieces))
    assert time.process_time() - start < 2


def test_a_flood_does_not_hide_what_stands_behind_it(engine: Engine) -> None:
    flood = "đăng ký ngay liên hệ zalo " * 60_000
    found = engine.judge(Document(None, "", "text", [Piece("text", flood + "nhà cái ABC88 uy tín, nạp đầu nhận 100k")]))
    assert found[0].rule == "gambling-promotion"
    assert found[0].confidence == "confirmed"

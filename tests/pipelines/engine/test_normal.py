"""Text as it is met: folded, and led back to what stands on the page."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.normal import agrees, fold, normalise, same


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Nhà Cái UY TÍN", "nha cai uy tin"),
        (unicodedata.normalize("NFD", "nhà cái đổi thưởng"), "nha cai doi thuong"),
        ("Đường ĐẾN", "duong den"),
        ("ＧＯＰＡＹ１７８", "gopay178"),
        ("𝘽𝙀𝙍𝙇𝙄𝘼𝙉33", "berlian33"),
        ("ᴍᴀɴᴅᴀʟɪᴋᴀ𝟕𝟕", "mandalika77"),
        ("SL🅞T", "slot"),
        ("А𝘟𝐿𝟩7𝟳", "axl777"),
        ("nổ\u200b hũ\u00ad", "no hu"),
        ("n.h.à c.á.i", "nha cai"),
        ("A L E X I S 1 7", "alexis17"),
        ("n-h-à-c-á-i", "nhacai"),
        ("tài \u00a0 xỉu\n\tonline", "tai xiu online"),
        ("1 2 3 4 5", "1 2 3 4 5"),
        ("", ""),
    ],
)
def test_every_way_of_writing_folds_to_plain_letters(written: str, folded: str) -> None:
    assert normalise(written).data.decode() == folded


@given(st.text())
def test_folding_is_total_and_its_map_stays_inside_the_text(text: str) -> None:
    normal = normalise(text)
    assert normal.data.isascii()
    for place in range(len(normal.data)):
        low, high = normal.origin(place, place + 1)
        assert 0 <= low <= high <= len(text)


@given(st.text(alphabet="aăâáàạ ệĐđ.𝐀\u0301\u200b", min_size=1, max_size=40), st.integers(0, 30))
def test_what_the_map_leads_to_folds_to_the_same(text: str, start: int) -> None:
    normal = normalise(text)
    part = normal.plain(start, min(start + 5, len(normal.data)))
    if "." not in text and " " not in text:
        assert normalise(part).data == normal.data[start : start + 5]


def test_a_phrase_is_quoted_as_it_stands() -> None:
    normal = normalise(unicodedata.normalize("NFD", "Vào nhà cái ngay"))
    at = normal.data.index(b"nha cai")
    assert unicodedata.normalize("NFC", normal.plain(at, at + 7)) == "nhà cái"


def test_accents_agree_when_right_or_bare() -> None:
    assert agrees("nhà cái", "nhà cái")
    assert agrees("nha cai", "nhà cái")
    assert agrees("NHÀ CAI", "nhà cái")
    assert not agrees("bàn ca", "bắn cá")
    assert not agrees("nhã cái", "nhà cái")
    assert same("NHÀ  CÁI", "nhà cái")
    assert not same("nha cai", "nhà cái")


@pytest.mark.parametrize(
    ("text", "disguised"),
    [("nhà cái", False), ("n.h.à c.á.i", True), ("𝐧𝐡𝐚 𝐜𝐚𝐢", True), ("n\u200bhà cái", True), ("nhà   cái", False)],
)
def test_disguise_is_seen(text: str, disguised: bool) -> None:
    normal = normalise(text)
    assert normal.disguised(0, len(normal.data)) is disguised


def test_decomposed_vietnamese_is_no_disguise() -> None:
    normal = normalise(unicodedata.normalize("NFD", "nhà cái"))
    assert not normal.disguised(0, len(normal.data))


def test_fold_gives_single_spaces() -> None:
    assert fold("  Nổ   hũ ") == "no hu"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("tr.ung c.ấp", b"tr.ung cap"),
        ("ki.ếm ti.ền", b"kiem tien"),
        ("c.á.i", b"cai"),
        ("Xem tại trường.ở đây", b"xem tai truong.o day"),
        ("xong.Ở đây", b"xong.o day"),
        ("a.edu.vn và", b"a.edu.vn va"),
    ],
)
def test_a_dot_before_an_accented_letter_cuts_a_word(text: str, folded: bytes) -> None:
    assert normalise(text).data == folded


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("b@ng d@i h0c", b"bang dai hoc"),
        ("s!x v$n", b"six vsn"),
        ("lienhe@truong.edu.vn", b""),
        ("lienhe@truong-a.vn, v@y", b"lienhe@truong-a.vn, vay"),
        ("Tele @nick 2 $ !", b""),
    ],
)
def test_signs_stand_for_letters_inside_words(text: str, read: bytes) -> None:
    normal = normalise(text)
    assert normal.leet(0, len(normal.data)) == read

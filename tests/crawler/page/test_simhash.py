"""Near-duplicates differ in few bits."""

from crawler.page.simhash import distance, simhash

WORDS = (
    "trường trung học phổ thông thông báo kế hoạch tổ chức lễ khai giảng năm học mới cho toàn thể học sinh và cha mẹ "
    "học sinh đến dự đông đủ đúng giờ tại sân trường với cờ hoa và bóng bay rực rỡ trong nắng thu vàng"
)


def test_near_texts_are_near_and_others_far() -> None:
    text = WORDS
    near = " ".join([*WORDS.split()[:-1], "xanh"])
    other = " ".join(reversed(WORDS.split()))
    assert simhash(text) == simhash(text.upper())
    assert distance(simhash(text), simhash(near)) <= 12
    assert distance(simhash(text), simhash(other)) > 12


def test_signed_64_bits_and_unknown() -> None:
    values = [simhash(" ".join(WORDS.split()[start : start + 9])) for start in range(0, 36, 3)]
    assert all(-(2**63) <= value < 2**63 for value in values)
    assert any(value < 0 for value in values)
    assert simhash("một hai ba bốn năm sáu bảy") == 0
    assert simhash("") == 0
    assert simhash("một hai ba bốn năm sáu bảy tám") != 0


def test_value_does_not_depend_on_the_process() -> None:
    assert simhash("một hai ba bốn năm sáu bảy tám chín mười") == -9210620537663691373
    assert distance(-1, 0) == 64

"""When a page was published."""

from datetime import UTC, datetime

import pytest

from crawler.page import extract
from crawler.page.dates import read_iso, read_spoken

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-05T08:30:00+07:00", datetime(2026, 9, 5, 1, 30, tzinfo=UTC)),
        ("2026-09-05T08:30:00Z", datetime(2026, 9, 5, 8, 30, tzinfo=UTC)),
        ("2026-09-05", datetime(2026, 9, 4, 17, 0, tzinfo=UTC)),
        ("05/09/2026", datetime(2026, 9, 4, 17, 0, tzinfo=UTC)),
        ("2027-01-01", None),
        ("1970-01-01", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-02-31", None),
        ("9999-12-31T23:59:59-15:00", None),
        ("hôm qua", None),
    ],
)
def test_iso(text: str, expected: datetime | None) -> None:
    assert read_iso(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thứ hai, 23/11/2026 - 08:05", datetime(2026, 11, 23, 1, 5, tzinfo=UTC)),
        ("Ngày đăng: 5-9-2024", datetime(2024, 9, 4, 17, tzinfo=UTC)),
        ("Hải Phòng, ngày 5 tháng 9 năm 2024", datetime(2024, 9, 4, 17, tzinfo=UTC)),
        ("10 Tháng 3, 2024", datetime(2024, 3, 9, 17, tzinfo=UTC)),
        ("32/13/2024 rồi 01.02.2024 14h30", datetime(2024, 2, 1, 7, 30, tzinfo=UTC)),
        ("Điện thoại 0225.3.2024555", None),
        ("01/01/2030", None),
    ],
)
def test_spoken(text: str, expected: datetime | None) -> None:
    assert read_spoken(text, NOW) == expected


@pytest.mark.parametrize(
    "html",
    [
        '<meta property="article:published_time" content="2026-09-05T08:30:00+07:00">',
        '<article><time datetime="2026-09-05T08:30">hôm nọ</time></article>',
        '<script type="application/ld+json">{"datePublished": "2026-09-05T01:30:00Z"}</script>',
        "<title>Lễ khai giảng</title><div>Lễ khai giảng</div><i>Thứ bảy, 05/09/2026 08:30</i>",
    ],
)
def test_published(html: str) -> None:
    page = extract(
        url="http://x.vn/",
        status=200,
        headers=[("Content-Type", "text/html")],
        body=html.encode(),
        fetched=NOW,
        host="x",
    )
    assert page.published == datetime(2026, 9, 5, 1, 30, tzinfo=UTC)

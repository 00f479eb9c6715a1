"""The tables of a school's pages: exams, menu of the week, prizes, fees, staff, timetable, plan, document head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from crawler.demo.text import Writer, day

if TYPE_CHECKING:
    from crawler.demo.site import Article, Site

WEEK = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu")
CHILDREN = "mam_non"


@dataclass(slots=True, frozen=True)
class Table:
    """A table as data, for a page and for the file that is attached to it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def html(self) -> str:
        top = "".join(f"<th>{escape(cell)}</th>" for cell in self.head)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in self.rows)
        return f'<table class="table table-bordered"><thead><tr>{top}</tr></thead><tbody>\n{body}</tbody></table>'

    def lines(self) -> list[str]:
        """The rows as sentences of a text document."""
        return [" – ".join(row) for row in (self.head, *self.rows)]


def exams(site: Site, article: Article, writer: Writer) -> Table:
    """Five to eight papers on following working days."""
    moment = article.published + timedelta(days=writer.random.randint(5, 12))
    rows = []
    for _ in range(writer.random.randint(5, 8)):
        moment += timedelta(days=3 if moment.weekday() == 4 else 1)
        minutes = writer.random.choice(("45 phút", "60 phút", "90 phút"))
        rows.append((day(moment), writer.write("{giờ}"), writer.write("{môn}"), writer.write("{lớp}"), minutes))
    return Table(("Ngày", "Giờ", "Môn", "Lớp", "Thời gian làm bài"), tuple(rows))


def menu(site: Site, article: Article, writer: Writer) -> Table:
    slots = ("{món sáng}", "{món chính}", "{món canh}", "{món chiều}")
    rows = tuple((name, *(writer.write(slot) for slot in slots)) for name in WEEK)
    return Table(("Ngày", "Bữa sáng", "Món mặn", "Món canh", "Bữa chiều"), rows)


def brief(site: Site, article: Article, writer: Writer) -> Table:
    """The head of a document: number, day, who signed."""
    number = article.title.split(" số ")[1].split(" ")[0] if " số " in article.title else ""
    return Table(
        ("Thuộc tính", "Nội dung"),
        (
            ("Số, kí hiệu", number),
            ("Ngày ban hành", day(article.published)),
            ("Người kí", site.facts["người kí"]),
            ("Nơi nhận", writer.write("Như trên; {tổ}; lưu văn thư")),
        ),
    )


def prizes(site: Site, article: Article, writer: Writer) -> Table:
    """Who won what."""
    ranks = ("Nhất", "Nhì", "Nhì", "Ba", "Ba", "Ba", "Khuyến khích", "Khuyến khích")[: writer.random.randint(5, 8)]
    rows = tuple(
        (str(place), writer.write("{người}"), writer.write("{lớp}"), writer.write("{môn}"), rank)
        for place, rank in enumerate(ranks, 1)
    )
    return Table(("STT", "Họ và tên", "Lớp", "Nội dung", "Giải"), rows)


def fees(site: Site, article: Article, writer: Writer) -> Table:
    """What families pay, and what for."""
    rows = []
    for name in writer.random.sample(FEES, 5):
        rows.append((name, f"{writer.random.randint(2, 38)}0.000 đồng", writer.write("{tháng|học kì|năm học}")))
    return Table(("Khoản thu", "Mức thu", "Tính theo"), tuple(rows))


FEES = (
    "Nước uống",
    "Trông giữ xe đạp",
    "Bảo hiểm y tế học sinh",
    "Phục vụ bán trú",
    "Vệ sinh lớp học",
    "Sổ liên lạc điện tử",
    "Học phẩm",
    "Thiết bị dùng chung bán trú",
)

MARKS: dict[str, Callable[[Site, Article, Writer], Table]] = {
    "#thi": exams,
    "#thực đơn": menu,
    "#trích yếu": brief,
    "#giải": prizes,
    "#thu": fees,
}


def staff(site: Site, writer: Writer) -> Table:
    rows = [("1", site.facts["người kí"], writer.write("{chức danh trưởng}"), "Quản lí")]
    rows += [(str(number), writer.write("{người}"), writer.write("{chức danh phó}"), "Quản lí") for number in (2, 3)]
    for number in range(4, writer.random.randint(16, 34)):
        duty = writer.write("{chức danh}") if number % 7 else writer.write("{chức danh tổ}")
        rows.append((str(number), writer.write("{người}"), duty, writer.write("{môn}")))
    return Table(("STT", "Họ và tên", "Chức vụ", "Chuyên môn"), tuple(rows))


def timetable(site: Site, writer: Writer) -> Table:
    lessons = 4 if site.level == CHILDREN else 5
    rows = [(f"Tiết {number}", *(writer.write("{môn}") for _ in WEEK)) for number in range(1, lessons + 1)]
    rows += [(f"Tiết {number} (chiều)", *(writer.write("{môn}") for _ in WEEK)) for number in range(1, 4)]
    return Table(("Tiết", *WEEK), tuple(rows))


def plan(site: Site, writer: Writer) -> Table:
    """A week's work: what is on, where, and who is responsible."""
    slots = ("{giờ}", "{việc trong tuần}", "{nơi trong trường}", "{người}")
    days = [name for name in WEEK for _ in range(writer.random.randint(1, 2))]
    rows = tuple((name, *(writer.write(slot) for slot in slots)) for name in days)
    return Table(("Ngày", "Giờ", "Nội dung", "Địa điểm", "Phụ trách"), rows)

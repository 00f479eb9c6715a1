"""The tables of a school's pages: exam schedule, menu of the week, staff, timetable, document head and file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from crawler.demo.text import Writer, day

if TYPE_CHECKING:
    from crawler.demo.site import Article, Site

WEEK = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu")
CHILDREN = "mam_non"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f'<table class="table table-bordered"><thead><tr>{top}</tr></thead><tbody>\n{body}</tbody></table>'


def exams(site: Site, article: Article, writer: Writer) -> str:
    """Five to eight papers on following working days."""
    moment = article.published + timedelta(days=writer.random.randint(5, 12))
    rows = []
    for _ in range(writer.random.randint(5, 8)):
        moment += timedelta(days=3 if moment.weekday() == 4 else 1)
        minutes = writer.random.choice(("45 phút", "60 phút", "90 phút"))
        rows.append([day(moment), writer.write("{giờ}"), writer.write("{môn}"), writer.write("{lớp}"), minutes])
    return table(("Ngày", "Giờ", "Môn", "Lớp", "Thời gian làm bài"), rows)


def menu(site: Site, article: Article, writer: Writer) -> str:
    rows = [[name, *(writer.write(slot) for slot in ("{món sáng}", "{món chính}", "{món canh}", "{món chiều}"))]
            for name in WEEK]  # fmt: skip
    return table(("Ngày", "Bữa sáng", "Món mặn", "Món canh", "Bữa chiều"), rows)


def brief(site: Site, article: Article, writer: Writer) -> str:
    """The head of a document: number, day, who signed."""
    number = article.title.split(" ")[3] if " số " in article.title else ""
    rows = [
        ["Số, kí hiệu", number],
        ["Ngày ban hành", day(article.published)],
        ["Người kí", site.facts["người kí"]],
        ["Nơi nhận", writer.write("Như trên; {tổ}; lưu văn thư")],
    ]
    return table(("Thuộc tính", "Nội dung"), rows)


def attachment(site: Site, article: Article, writer: Writer) -> str:
    """A link to a PDF, which the province serves and a crawler records without reading."""
    return f'<p>Tệp đính kèm: <a href="{attachment_path(site, article)}">van-ban-{article.number}.pdf</a></p>'


def attachment_path(site: Site, article: Article) -> str:
    uploads = site.path(site.style.uploads)
    return f"{uploads}/{article.published:%Y/%m}/van-ban-{article.number}.pdf"


MARKS: dict[str, Callable[[Site, Article, Writer], str]] = {
    "#thi": exams,
    "#thực đơn": menu,
    "#trích yếu": brief,
    "#tệp": attachment,
}


def staff(site: Site, writer: Writer) -> str:
    rows = [["1", site.facts["người kí"], "Hiệu trưởng", "Quản lí"]]
    rows += [[str(number), writer.write("{người}"), "Phó Hiệu trưởng", "Quản lí"] for number in (2, 3)]
    for number in range(4, writer.random.randint(24, 40)):
        duty = "Giáo viên" if number % 7 else writer.write("{Tổ trưởng|Tổ phó|Tổng phụ trách}")
        rows.append([str(number), writer.write("{người}"), duty, writer.write("{môn}")])
    return table(("STT", "Họ và tên", "Chức vụ", "Chuyên môn"), rows)


def timetable(site: Site, writer: Writer) -> str:
    lessons = 4 if site.level == CHILDREN else 5
    rows = [[f"Tiết {number}", *(writer.write("{môn}") for _ in WEEK)] for number in range(1, lessons + 1)]
    rows += [[f"Tiết {number} (chiều)", *(writer.write("{môn}") for _ in WEEK)] for number in range(1, 4)]
    return table(("Tiết", *WEEK), rows)

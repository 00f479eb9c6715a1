"""Websites that nobody registered: the kinds that discovery has to tell apart, each as a host that can be served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.demo.model import PORT, Host, Reply

PADDING = (
    "Nhà trường thông báo tới các bậc phụ huynh và học sinh kế hoạch năm học mới, lịch kiểm tra giữa kỳ, danh sách học "
    "sinh đạt giải, hoạt động ngoại khoá, hội khoẻ Phù Đổng và chương trình đọc sách ở thư viện xanh của trường."
)


@dataclass(frozen=True, slots=True)
class School:
    """What a school's page says of it."""

    name: str
    place: str = ""
    phone: str = ""
    mail: str = ""


def _page(title: str, body: str, foot: str = "") -> str:
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<main>{body}</main><footer>{foot}</footer></body></html>"
    )


def school(
    host: str,
    address: str,
    about: School,
    *,
    dates: Iterable[str] = ("02/11/2026", "15/10/2026"),
    year: int = 2026,
    links: Iterable[str] = (),
    more: str = "",
) -> Host:
    """A school's website: home page, two articles, a contact page with phone and mail."""
    articles = "".join(
        f'<li><a href="/bai-{number}.html">Tin số {number} của {about.name}</a> {date}</li>'
        for number, date in enumerate(dates, 1)
    )
    out = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    words = f"<h1>{about.name}</h1><p>{PADDING} {more}</p><ul>{articles}</ul>"
    words += f'<a href="/lien-he.html">Liên hệ</a> {out}'
    foot = f"© {year} {about.name}, {about.place}"
    contact = f"<p>{about.name}, {about.place}. Điện thoại: {about.phone}. Thư điện tử: {about.mail}. {PADDING}</p>"
    pages = {"/": _page(about.name, words, foot), "/lien-he.html": _page("Liên hệ", contact, foot)}
    for number, date in enumerate(dates, 1):
        pages[f"/bai-{number}.html"] = _page(f"Tin số {number}", f"<p>Ngày {date}. {PADDING}</p>", foot)
    return Host(host, address, pages)


def parked(host: str, address: str) -> Host:
    """A domain that a dealer holds."""
    body = '<h1>Tên miền này đang được rao bán</h1><a href="https://sedoparking.com/x">Buy this domain</a>'
    return Host(host, address, {"/": _page(host, body)})


def suspended(host: str, address: str) -> Host:
    """A hosting account that was not paid."""
    return Host(host, address, {"/": _page("Suspended", "<p>Tài khoản đã bị tạm ngưng. Vui lòng liên hệ.</p>")})


def fresh(host: str, address: str) -> Host:
    """A web server as it was installed."""
    return Host(host, address, {"/": _page("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>Thank you.</p>")})


def building(host: str, address: str) -> Host:
    """A site that was never finished."""
    return Host(host, address, {"/": _page("Trang mới", "<p>Website đang được xây dựng, mời quay lại sau.</p>")})


def blocking(host: str, address: str) -> Host:
    """A site that refuses us."""
    return Host(host, address, fallback=lambda _: Reply("no", 403))


def moved(host: str, address: str, to: str) -> Host:
    """A name that only leads on."""
    return Host(host, address, fallback=lambda request: Reply("", 301, [("Location", f"http://{to}:{PORT}/")]))


def catch_all(zone: str, address: str) -> Host:
    """What a wildcard's server shows under any name of a zone."""
    body = f"<p>Không có trang nào ở tên này. {PADDING}</p>"
    return Host(f"*.{zone}", address, fallback=lambda _: Reply(_page("Máy chủ dùng chung", body)))


def betting(host: str, address: str) -> Host:
    """A former school's domain in other hands."""
    links = "".join(f'<a href="http://{name}.example/">{name} đăng nhập</a> ' for name in ("kubet77", "bong88vip"))
    body = (
        "<h1>Nhà cái uy tín số 1</h1><p>Cá cược bóng đá, nổ hũ đổi thưởng, tài xỉu online, casino trực tuyến, xóc đĩa, "
        f"lô đề online. Nạp tiền nhận khuyến mãi 100%, rút tiền nhanh, đăng ký nhận 88k.</p>{links}"
    )
    return Host(host, address, {"/": _page("Nhà cái KUBET77 - cá cược bóng đá, casino, nổ hũ uy tín", body)})

"""Pages of a school site that change by themselves, honestly, and what an attacker shows to some; made of a random."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from crawler.items import Page
from crawler.page import extract

HOST = "thcs-a.haiphong.edu.vn"
URL = f"http://{HOST}/"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
WORDS = """học sinh giáo viên nhà trường lớp khối năm học thi đua khen thưởng tuyển sinh kế hoạch thông báo hội nghị phụ
huynh chuyên môn tổ bộ môn toán văn tiếng anh thể dục âm nhạc mỹ thuật công đoàn đội thiếu niên thư viện""".split()  # noqa: SIM905
NAV = "".join(f"<li><a href='/muc-{n}'>Mục {n}</a></li>" for n in "abcdef")
Part = Callable[[Random], str]


def sentence(seed: object, length: int = 18) -> str:
    """The same sentence for the same seed."""
    return " ".join(Random(str(seed)).choices(WORDS, k=length)).capitalize() + "."


STEADY = "".join(f"<p>{sentence(n)}</p>" for n in range(12))


def article(number: int) -> str:
    return f"<a href='/tin/{number}.html'>{sentence(number, 9)}</a>"


def banners(random: Random) -> str:
    """Rotating banners: one slot, another picture and another target every time."""
    name = random.choice(["bao", "vnpt", "viettel", "sach", "sua", "aophong"])
    link = f"<a href='https://{name}.com.vn/?c={random.random()}'><img src='/{name}.png'></a>"
    return f"<div class='banner-top'>{link}</div>"


def counter(random: Random) -> str:
    """A clock, a counter, a date and a token of a form."""
    now = f"Thứ {random.choice(['hai', 'ba', 'tư'])}, {random.randint(1, 28)}/11/2026, {random.randint(10, 23)}:30"
    token = f"{random.getrandbits(128):032x}"
    return (
        f"<div class='clock'>{now}</div><p>Lượt truy cập: {random.randint(1, 9_999_999)}</p><p>Phiên {token}</p>"
        f"<p>{random.randint(2, 59)} phút trước</p><form><input type=hidden name=csrf value={token}></form>"
    )


def boxes(random: Random) -> str:
    """A box with random articles, and one without a name of its own."""
    some = "".join(f"<li>{article(n)}</li>" for n in random.sample(range(100), 6))
    return f"<div class='xem-nhieu'><ul>{some}</ul></div><p>Xem thêm: {article(random.randint(200, 300))}</p>"


def ads(random: Random) -> str:
    """What the ad server of a newspaper puts in: a frame, a script, links to shops."""
    shop = random.choice(["giay", "may-tinh", "du-lich", "ngan-hang"])
    return (
        f"<div class='qc'><script src='https://ads{random.randint(1, 9)}.baohaiphong.vn/show.js?r={random.random()}'>"
        f"</script><iframe src='https://ads.baohaiphong.vn/f?{random.random()}'></iframe>"
        f"<a href='https://{shop}.vn/?utm={random.random()}'>Quảng cáo {shop}</a></div>"
    )


def variants(random: Random) -> str:
    """An A/B test: the whole front in one of two shapes, the second with a map and its own script."""
    if random.random() < 0.5:
        return "<div id='hero-a'>" + "".join(f"<p>{sentence(n)}</p>" for n in range(40, 60)) + "</div>"
    hero = "".join(f"<h2>{sentence(n, 8)}</h2><p>{sentence(n)}</p>" for n in range(60, 80))
    return f"<div id='hero-b'>{hero}<iframe src='https://www.youtube.com/embed/x'></iframe></div>"


def cookie_banner(random: Random) -> str:
    if random.random() < 0.5:
        return ""
    text = "Trang này dùng cookie để phục vụ bạn tốt hơn. Bạn đồng ý chứ? " * 4
    return f"<div id='cookies' class='modal'>{text}<a href='https://cookiebot.com/'>Tìm hiểu</a></div>"


def lazy(random: Random) -> str:
    """Pictures and sections that come when the visitor scrolls: how many are there already differs."""
    many = random.randint(2, 5)
    return "".join(f"<section class='lazy'><img data-src='/{n}.jpg' alt='Ảnh {n}'></section>" for n in range(many))


def maps(_: Random) -> str:
    return "<iframe src='https://www.google.com/maps/embed?pb=1'></iframe>"


HONEST: dict[str, Part] = {
    "banners": banners,
    "counter": counter,
    "boxes": boxes,
    "ads": ads,
    "variants": variants,
    "cookie_banner": cookie_banner,
    "lazy": lazy,
    "maps": maps,
}


def school(inner: str, *, title: str = "Trường THCS An Biên", front: str = STEADY, menu: str = NAV) -> bytes:
    """A page of the school with something between its menu and its foot."""
    return (
        f"<html lang=vi><head><title>{title}</title></head><body><ul class='menu'>{menu}</ul><div id='content'>"
        f"<h1>Tin tức</h1>{front}{inner}</div><footer>Trường THCS An Biên, Hải Phòng</footer></body></html>"
    ).encode()


def seen(
    body: bytes, *, view: str = "plain", status: int = 200, url: str = URL, headers: dict[str, str] | None = None
) -> Page:
    """The page of an answer."""
    sent = [("Content-Type", "text/html; charset=utf-8"), *(headers or {}).items()]
    page = extract(url=url, status=status, headers=sent, body=body, fetched=NOW, host=HOST)
    page.view = view
    return page


APP = b"<html><head><title>Truong</title></head><body><div id=app></div><script src=/app.js></script></body></html>"

GOODS = "lamps chairs tables hammocks sofas fountains statues fences lanterns parasols".split()  # noqa: SIM905
FOREIGN = "".join(
    f"<p>Welcome to the finest selection of garden {each} and everything for every home and budget, {each} on sale</p>"
    f"<a href='https://shop-{each}.com/deal'>Garden {each}</a>"
    for each in GOODS
)
"""What nobody but a search engine gets: no word that a rule knows."""
CLOAKED = school("", title="Cheap garden furniture online", front=FOREIGN)

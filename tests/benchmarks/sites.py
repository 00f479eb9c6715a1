"""Generated sites: Vietnamese school text from the demo's grammar, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random

from crawler.demo.text import Writer, days, slug, symbols, topics
from tests.benchmarks.server import NOT_FOUND, Reply, answer

FACTS = {"trường": "Trường THCS Hoa Phượng", "xã": "Phường Hồng Bàng", "hiệu trưởng": "cô Trần Thị Thu Hà"}
FACTS |= {"người kí": "Trần Thị Thu Hà", "viết tắt": "THCSHP", "số học sinh": "900"}
SECTIONS = ("Tin tức", "Thông báo", "Hoạt động", "Văn bản", "Tuyển sinh", "Thư viện ảnh", "Thời khóa biểu")
SECTIONS += ("Đội ngũ", "Giới thiệu", "Liên hệ")
PLANTED = (
    '<div id="khoi-{place}" style="position:absolute;left:-9999px">'
    '<a href="http://nha-cai-{n}.example/">nhà cái uy tín tặng 88k</a>'
    '<a href="http://no-hu-{n}.example/">nổ hũ đổi thưởng, cá cược bóng đá, tài xỉu online</a></div>'
)


@cache
def sentences(seed: int, count: int = 600) -> tuple[str, ...]:
    """Sentences as school sites write them. Lines of the grammar that need more than a school are left out."""
    random = Random(seed)
    moment = date(2026, 9, 5)
    lines = [line for topic in topics("news") for line in topic.lines if not line.startswith("#")]
    lines += symbols("words")["xen"]
    made: list[str] = []
    while len(made) < count:
        try:
            made.append(Writer(random, {**FACTS, **days(moment, random)}, ("thcs", "9")).write(random.choice(lines)))
        except KeyError:
            continue
    return tuple(made)


@dataclass(frozen=True, slots=True)
class News:
    """A school's news site: a menu, articles, in-site links through which every page is reached.

    ``size`` in bytes and ``links`` are what a page has about; every ``planted``-th page carries a hidden link block.
    With ``each`` every host has texts of its own, written when they are asked for.
    """

    pages: int = 3000
    size: int = 12_000
    links: int = 60
    planted: int = 0
    seed: int = 20260920
    each: bool = False

    def open(self) -> Reply:
        """Write all pages."""
        if self.each:
            numbers = {self.path(number).encode(): number for number in range(self.pages)}
            known = numbers.get
            return lambda host, target: (
                NOT_FOUND if (number := known(target)) is None else answer(self.page(number, host.decode("latin-1")))
            )
        found = {self.path(number).encode(): answer(self.page(number)) for number in range(self.pages)}
        return lambda host, target: found.get(target, NOT_FOUND)

    def path(self, number: int) -> str:
        """Where a page lies: home page, sections, then articles."""
        if number == 0:
            return "/"
        if number <= len(SECTIONS):
            return f"/{slug(SECTIONS[number - 1])}/"
        return f"/tin-tuc/{slug(self.title(number), 40)}-{number}.html"

    def title(self, number: int) -> str:
        """A page's title: the beginning of one of the sentences."""
        if number == 0:
            return "Trang chủ"
        if number <= len(SECTIONS):
            return SECTIONS[number - 1]
        known = sentences(self.seed)
        return known[number * 7919 % len(known)][:60]

    def page(self, number: int, host: str = "") -> bytes:
        """A page of this site."""
        random = Random(f"{self.seed}|{number}{host}")
        menu = "".join(f'<li><a href="{self.path(n)}">{self.title(n)}</a></li>' for n in range(len(SECTIONS) + 1))
        below = [n for n in range(number * 3 + 1, number * 3 + 4) if n < self.pages]  # a tree that reaches all
        rest = self.links - len(SECTIONS) - 1 - len(below)
        others = below + [random.randrange(self.pages) for _ in range(max(0, rest))]
        aside = "".join(f'<li><a href="{self.path(n)}">{self.title(n)}</a></li>' for n in others)
        planted = ""
        if self.planted and number % self.planted == self.planted - 1:
            planted = PLANTED.format(n=number % 7, place="abcde"[number // self.planted % 5])
        head = (
            f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{self.title(number)}</title>'
            '<link rel="stylesheet" href="/style.css"><script src="/menu.js"></script></head><body><header>'
            f"<h2>{FACTS['trường']}</h2><nav><ul>{menu}</ul></nav></header><main><article><h1>{self.title(number)}</h1>"
        )
        tail = (
            f"</article></main><aside><h3>Tin khác</h3><ul>{aside}</ul></aside>{planted}<footer><p>{FACTS['trường']}, "
            f"{FACTS['xã']}, thành phố Hải Phòng</p></footer></body></html>"
        )
        room = self.size - len(head.encode()) - len(tail.encode())
        text: list[str] = []
        while room > 0:
            text.append(f"<p>{' '.join(random.choices(sentences(self.seed), k=3))}</p>")
            room -= len(text[-1].encode())
        return (head + "".join(text) + tail).encode()


@dataclass(frozen=True, slots=True)
class Endless:
    """Pages made when they are asked for: every number is a page with ``links`` links.

    With ``total`` the links lead to pages below that number (a tree, then seeded leaps); without it every page
    leads to pages that nobody else links to.
    """

    size: int = 2_000
    links: int = 10
    total: int = 0
    shapes: int = 1

    def open(self) -> Reply:
        """Nothing to prepare but the words."""
        known = sentences(1)

        def reply(host: bytes, target: bytes) -> bytes:
            number = 0
            if target != b"/":
                digits = target.rpartition(b"-")[2].removesuffix(b".html")
                if not digits.isdigit():
                    return NOT_FOUND
                number = int(digits)
            random = Random(f"{host.decode('latin-1')}|{number}")
            targets = (number * self.links + step for step in range(1, self.links + 1))
            if self.total:
                targets = (n if n < self.total else random.randrange(self.total) for n in targets)
            items = "".join(f'<li><a href="{self.path(n)}">Bài số {n}</a></li>' for n in targets)
            text: list[str] = []
            room = self.size - 80 - len(items)
            while room > 0:
                text.append(f"<p>{random.choice(known)}</p>")
                room -= len(text[-1].encode())
            body = f"<!doctype html><title>Bài số {number}</title><body>{''.join(text)}<ul>{items}</ul>"
            return answer(body.encode())

        return reply

    def path(self, number: int) -> str:
        """``shapes`` folders, so that no shape of address runs into its budget."""
        if not number:
            return "/"
        folders = (("tin", "bai"), ("lop", "khoi", "to", "doi", "hoi"), ("ban", "cau", "nhom", "phong", "vien"))
        shape = number * 2654435761 % 2**32 % self.shapes
        path = ""
        for words in folders:
            shape, place = divmod(shape, len(words))
            path += f"/{words[place]}"
        return f"{path}/k-{'abcdefghij'[shape % 10]}/bai-{number}.html"

"""Whole crawls of hosts that misbehave: each ends, in the state that an operator needs, with what was left out told."""

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crawler.demo import Host, Reply, Request, simple
from crawler.demo.wild.ways import Reset, moved
from tests.crawl.test_deep_reach import TEXT, page

Crawls = Callable[..., Any]
CAPTCHA = Reply("<title>Xác minh</title><h1>Bạn không phải là người máy?</h1><form></form>")
NOTICE = Reply("<title>Thông báo</title><h1>Website đang bảo trì</h1>")
SOFT = [f"/cu/{number}.html" for number in range(8)]
WORDS = TEXT.split()


def article(number: int, *links: str) -> Reply:
    """A page whose words no other has."""
    chosen = " ".join([*WORDS[number % 7 :: 2], f"bài {chr(97 + number % 26) * 4}"])
    return page(f"{chosen} số {chr(97 + number % 26)}", *links)


def soft(request: Request) -> Reply:
    """What a site without a 404 says to everything, with relative links that lead ever deeper."""
    return simple("Trường A", f"Không tìm thấy trang {request.path}, mời quý vị chọn mục khác.", ["tin/", "lien-he/"])


def sessions(pages: dict[str, Reply]) -> Callable[[Request, Reply], Reply]:
    """ASP.NET without cookies."""

    def wrap(request: Request, reply: Reply) -> Reply:
        if "/(S(" in request.target:
            return pages.get(request.path.partition("))")[2], Reply("", 404))
        return moved(f"/(S(abc{request.visit:05}xyz)){request.target}") if request.path in pages else reply

    return wrap


def caseless(pages: dict[str, Reply]) -> Callable[[Request], Reply | None]:
    return lambda request: pages.get(request.path.lower())


def growing(request: Request) -> Reply | None:
    path, _, number = request.path.rpartition("/")
    return moved(f"/vong/{int(number) + 1}") if path == "/vong" and number.isdecimal() else None


def test_spaces_without_end_and_second_addresses_end(crawls: Crawls) -> None:
    paths = [f"/tin/bai-{number}" for number in range(12)]
    pages = {path: article(number) for number, path in enumerate(paths)}
    shouts = [path.title() for path in paths]
    hosts = [
        Host("soft.test", "127.77.1.1", {"/": page("Trang chủ", *SOFT), "/robots.txt": Reply("", 404)}, soft),
        Host("session.test", "127.77.1.2", wrap=sessions({"/": page("Trang chủ", "/tin"), "/tin": page("Tin")})),
        Host("case.test", "127.77.1.3", fallback=caseless({"/": page("Trang chủ", *paths, *shouts), **pages})),
        Host(
            "loops.test", "127.77.1.4", {"/": page("Trang chủ", "/vong/1", "/minh"), "/minh": moved("/minh")}, growing
        ),
    ]
    crawl = crawls(hosts)
    for number, host in enumerate(hosts):
        crawl.register(f"{host.name}/", unit=f"U{number}")
    crawl.run(env={"RASOAT_SERVER_CONNECTIONS": "1"})
    states = {row["host"].split(".")[0]: (row["state"], row["cause"]) for row in crawl.db["reviews"].find()}
    assert states == dict.fromkeys(("soft", "session", "case", "loops"), ("complete", ""))

    assert crawl.skipped("soft.test")["soft_404"] == len(SOFT), "and nothing below them"
    stored = crawl.paths("soft.test")
    assert "/" in stored
    assert next(path for path in stored if path != "/").startswith("/khong-co-trang-nay-"), "one stands for them all"
    assert len(crawl.running.seen("soft.test")) == len(SOFT) + 4

    assert crawl.paths("session.test") == {"/", "/tin"}, "without the session"

    spelled = [path.lower() for path in crawl.paths("case.test") if path != "/"]
    assert set(spelled) == set(paths)
    assert len(spelled) + crawl.skipped("case.test")["case_twin"] == 2 * len(paths)
    assert crawl.skipped("case.test")["case_twin"] >= 6

    assert crawl.skipped("loops.test")["redirect_loop"] == 1
    assert len(crawl.paths("loops.test", 302)) == 21


def test_hosts_that_show_nothing_end_as_an_operator_needs_it(crawls: Crawls) -> None:
    site = {"/": page("Trang chủ", *(f"/{number}" for number in range(40)))}
    site |= {f"/{number}": article(number) for number in range(40)}

    def after(pages: int, then: Reply) -> Callable[[Request, Reply], Reply]:
        return lambda request, reply: then if request.visit > pages else reply

    away = "http://xa.test:__PORT__/"
    chain = {"/": moved("/vao"), "/vao": moved("/cong?x=1"), "/cong": moved(away)}
    wanted: dict[str, tuple[Host, str, str]] = {
        "captcha": (Host("", fallback=lambda _: CAPTCHA), "blocked", "asks for a captcha"),
        "captcha403": (Host("", fallback=lambda _: replace(CAPTCHA, status=403)), "blocked", "asks for a captcha"),
        "later": (Host("", pages=site, wrap=after(10, CAPTCHA)), "blocked", "asks for a captcha after"),
        "notice": (Host("", fallback=lambda _: NOTICE), "unreachable", 'maintenance page "Website đang bảo trì"'),
        "notice503": (Host("", fallback=lambda _: replace(NOTICE, status=503)), "unreachable", "maintenance page"),
        "circle": (Host("", pages={"/": moved("/a"), "/a": moved("/")}), "unreachable", "redirect loop"),
        "cookie": (
            Host("", pages={"/": moved("/", 302, ("Set-Cookie", "a=b"))}),
            "blocked",
            "redirect loop: back to http://cookie.test:__PORT__/, wants a cookie",
        ),
        "chain": (Host("", pages=chain), "redirected", f"redirects to {away}"),
        "refresh": (
            Host("", pages={"/": f'<meta http-equiv=refresh content="0;url={away}"><p>Đang chuyển'}),
            "redirected",
            f"redirects to {away}",
        ),
        "busy": (
            Host("", pages={"/": site["/"]}, fallback=lambda _: Reply("", 503, [("Retry-After", "0")])),
            "blocked",
            "answered 503 and asks to come back, again and again",
        ),
        "inside": (Host("", pages={"/": moved("/vi/")}), "unreachable", "no page to read"),
        "robots": (
            Host("", pages={"/robots.txt": Reply("User-agent: *", headers=[("Content-Type", "text/plain")])},
                 fallback=lambda _: Reply("<p>cấm</p>", 403)),
            "blocked",
            "answered 403",
        ),
        "resets": (Host("", pages=site, wrap=after(10, Reply(stream=Reset()))), "unreachable", "stopped answering"),
        "dies": (Host("", pages=site, lives=10), "unreachable", "connection refused"),
    }  # fmt: skip
    hosts = []
    for number, (name, (host, _, _)) in enumerate(wanted.items(), 1):
        hosts.append(replace(host, name=f"{name}.test", address=f"127.77.1.{number}"))
    crawl = crawls(hosts)
    for host in hosts:
        crawl.register(f"{host.name}/", unit=host.name)
    crawl.run(timeout=120)
    for name, (_, state, cause) in wanted.items():
        review = crawl.review(f"{name}.test")
        assert review["state"] == state, (name, review)
        assert cause.replace("__PORT__", str(crawl.running.port)) in review["cause"], (name, review)
    assert crawl.skipped("captcha.test") == {"captcha": 3}
    assert crawl.skipped("dies.test")["connection_refused"] >= 1
    assert len(crawl.running.seen("later.test")) < 30, "it is left alone once it asks every time"


def test_one_site_under_two_schemes(crawls: Crawls) -> None:
    """Pages that live under one scheme only, links in the other, and links in a scheme that nobody speaks."""
    paths = [f"/{number}" for number in range(9)]

    def both(request: Request, reply: Reply) -> Reply:
        kind = int(request.path[1:]) % 3 if request.path[1:].isdecimal() else 2
        if (kind == 0 and not request.secure) or (kind == 1 and request.secure):
            return moved(f"http{'' if request.secure else 's'}://{request.host}:{request.port}{request.target}", 301)
        return reply

    pages = {"/": page("Trang chủ", *(f"https://mixed.test:__PORT__{path}" for path in paths[::2]), *paths)}
    pages |= {path: article(number) for number, path in enumerate(paths)}
    plain = {"/": page("Trang chủ", *(f"https://plain.test:__PORT__{path}" for path in paths))}
    plain |= {path: article(number) for number, path in enumerate(paths)}
    hosts = [
        Host("mixed.test", "127.77.1.1", pages, wrap=both, tls=True),
        Host("plain.test", "127.77.1.2", plain),
    ]
    crawl = crawls(hosts)
    for host in hosts:
        crawl.register(f"{host.name}/", unit=host.name)
    crawl.run("-s", "DOWNLOAD_TIMEOUT=3")
    for host in hosts:
        assert crawl.paths(host.name) == {"/", *paths}
        assert crawl.review(host.name)["state"] == "complete"
        assert crawl.review(host.name)["skipped"] == []
    schemes = {row["url"].partition(":")[0] for row in crawl.db["pages"].find({"host": crawl.host("mixed.test")})}
    assert schemes == {"http", "https"}
    known = crawl.db["hosts"].find_one({"_id": crawl.host("mixed.test")})
    assert known is not None
    assert known["tls"]["error"] == "self_signed", "the certificate was looked at"


def test_what_is_left_out_is_told(crawls: Crawls) -> None:
    """Links of a page that robots.txt names are followed, the last of 20,000 too; pages that fail are counted."""
    crowd = "".join(f'<li><a href="http://ban-{number}.test/">{number}</a></li>' for number in range(20_000))
    pages: dict[str, Any] = {
        "/": page("Trang chủ", "/dong", "/hong"),
        "/robots.txt": Reply("User-agent: *\nDisallow: /an/\n", headers=[("Content-Type", "text/plain")]),
        "/an/": page("Thư mục ẩn", "/an/bai"),
        "/an/bai": article(1),
        "/dong": f'<title>Đông</title><p>{TEXT}<ul>{crowd}</ul><a href="/cuoi">Cuối</a>',
        "/cuoi": article(2),
        "/hong": Reply(stream=Reset()),
    }
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    crawl.run()
    assert crawl.paths("a.test") >= {"/", "/an/", "/an/bai", "/dong", "/cuoi"}
    skipped = crawl.skipped("a.test")
    assert skipped["broken_answer"] == 1
    assert skipped["links_left_out"] >= 10_000
    assert crawl.review("a.test")["state"] == "complete"


def test_what_was_left_out_is_still_told_after_an_interruption(
    crawls: Crawls, until_killed: Callable[..., Any]
) -> None:
    pages = {"/": page("Trang chủ", "/anh.jpg", "/nhac.mp3", "/a/a/a/a/", "/1")}
    pages |= {f"/{number}": article(number, f"/{number + 1}") for number in range(1, 60)}
    crawl = crawls([Host("a.test", pages=pages)])
    crawl.register("a.test/")
    with until_killed(crawl.start(env={"RASOAT_SERVER_DELAY": "0.1"})) as process:
        while len(crawl.running.seen("a.test")) < 20:
            assert process.poll() is None, crawl.log()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    crawl.run("-a", "resume=latest")
    assert crawl.review("a.test")["state"] == "complete"
    assert crawl.paths("a.test") >= {"/", *(f"/{number}" for number in range(1, 60))}
    assert crawl.skipped("a.test") == {"media": 2, "path_repeat": 1}

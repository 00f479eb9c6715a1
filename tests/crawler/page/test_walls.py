"""What stands before a site is told from a page of it, and never an article in its template."""

from datetime import UTC, datetime

import pytest

from crawler.items import Page
from crawler.page import extract
from crawler.page.imprint import imprint
from crawler.page.walls import notice_of

NOW = datetime(2026, 11, 19, tzinfo=UTC)
MENU = "".join(f'<li><a href="/muc-{n}">Mục {n}</a></li>' for n in range(12))


def page(body: str, path: str = "/", status: int = 200) -> Page:
    headers = [("Content-Type", "text/html; charset=utf-8")]
    url = f"http://a.example{path}"
    return extract(url=url, status=status, headers=headers, body=body.encode(), fetched=NOW, host="a.example")


@pytest.mark.parametrize(
    ("wall", "body"),
    [
        ("captcha", "<title>Xác minh</title><h1>Vui lòng xác nhận bạn không phải là người máy</h1><form></form>"),
        ("captcha", "<title>a.example</title><p>Please verify that you are human to continue.</p>"),
        ("captcha", '<p>Xin chờ</p><script src="https://www.google.com/recaptcha/api.js"></script>'),
        ("browser_check", "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>"),
        ("browser_check", "<title>Xin chờ</title><p>Hệ thống đang kiểm tra trình duyệt của bạn</p>"),
        ("browser_check", "<script>a.src='/cdn-cgi/challenge-platform/h/b/orchestrate'</script>"),
        ("cookie", '<script>document.cookie="D1N=ab;path=/";window.location.reload(true);</script>'),
        ("maintenance", "<h1>Website đang bảo trì</h1><p>Mời quý vị quay lại sau.</p>"),
        ("maintenance", "<p>Trang web đang được nâng cấp, vui lòng quay lại sau</p>"),
        ("maintenance", "<title>Site under maintenance</title><p>We'll be right back</p>"),
        ("maintenance", "<p>Cổng thông tin điện tử tạm dừng hoạt động để bảo trì hệ thống</p>"),
        ("suspended", "<title>Account Suspended</title><p>This account has been suspended.</p>"),
        ("suspended", "<p>Website này tạm ngưng hoạt động, vui lòng liên hệ nhà cung cấp.</p>"),
        ("suspended", "<p>Tên miền đã hết hạn</p>"),
    ],
)
def test_walls_are_known_by_their_words_and_scripts(wall: str, body: str) -> None:
    assert page(body).wall == wall
    assert page(body, status=503).wall == wall


@pytest.mark.parametrize(
    "body",
    [
        f"<ul>{MENU}</ul><h1>Thông báo: website đang bảo trì</h1><p>Từ 22 giờ tối nay.</p>",
        "<h1>Website đang bảo trì?</h1>" + "<p>Nhà trường hướng dẫn cha mẹ học sinh tra cứu điểm.</p>" * 40,
        "<p>Trường bảo trì máy điều hòa cho các lớp học</p>",
        "<h1>Chào mừng quý vị đến với trường</h1>",
        "<script>document.cookie='a=b'</script><p>Chào mừng quý vị đến với trường trung học cơ sở</p>",
        "<script>document.cookie='xem=1'; if (top != self) document.title = 'x';</script>",
        "",
    ],
)
def test_pages_of_a_site_are_no_walls(body: str) -> None:
    assert page(body).wall == ""


def test_the_notice_is_quoted_as_it_is_written() -> None:
    found = page("<title>Thông báo</title><h1>Website đang bảo trì</h1><p>Mời quý vị quay lại sau.</p>")
    assert notice_of(found) == "Website đang bảo trì"
    assert notice_of(page("<script>document.cookie='D1N=a';location.reload()</script>")) == ""


def soft(path: str, menu: str = MENU, more: str = "") -> str:
    return (
        f"<title>Trường A</title><ul class=menu>{menu}</ul><h1>Không tìm thấy</h1><p>Trang {path} không có, "
        f"lượt truy cập 12{len(path)}</p>{more}"
    )


def test_two_answers_that_say_the_same_have_one_imprint_whatever_their_address() -> None:
    one, other = page(soft("/a/b.html"), "/a/b.html"), page(soft("/xa/la/tin-7.html"), "/xa/la/tin-7.html")
    assert imprint(one) == imprint(other)
    assert imprint(page(soft("/a?x=1"), "/a?x=1")) == imprint(one)


@pytest.mark.parametrize(
    "other",
    [
        soft("/b", more="<p>Điểm thi</p>"),
        soft("/b", more='<div style="display:none">nhà cái</div>'),
        soft("/b", more="<!-- nhà cái -->"),
        soft("/b", more='<a href="/tai-ve">.</a>'),
        soft("/b", more='<iframe src="/khung.html"></iframe>'),
        soft("/b", more="<script>location.href='http://x.example/'</script>"),
        soft("/b", more="</body></html><p>sau cùng"),
        soft("/b").replace("Trường A", "Trường B"),
    ],
)
def test_whatever_else_a_page_holds_changes_its_imprint(other: str) -> None:
    assert imprint(page(soft("/a"), "/a")) != imprint(page(other, "/b"))


def test_pages_without_a_main_text_are_told_apart_by_the_rest() -> None:
    one = page('<title>T</title><div class="sidebar">Thực đơn tuần này của các cháu</div>', "/a")
    other = page('<title>T</title><div class="sidebar">Lịch trực hè của giáo viên</div>', "/b")
    assert imprint(one) != imprint(other)
    assert imprint(page("<title>T</title><img alt='Ảnh một'>", "/a")) != imprint(
        page("<title>T</title><img alt='Ảnh'>")
    )


def test_an_answer_with_another_status_is_another_answer() -> None:
    assert imprint(page(soft("/a"), "/a")) != imprint(page(soft("/a"), "/a", status=404))

"""Where visitors write: comments, guestbook, question box, forum, feedback, as the platforms lay them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.demo.text import Writer

RESPOND = (
    '<div id="respond" class="comment-respond"><h3>Trả lời</h3><form action="/wp-comments-post.php" method="post">'
    '<textarea name="comment"></textarea><input name="author"><input name="email"><input type="submit" value="Gửi">'
    "</form></div>"
)


@dataclass(slots=True, frozen=True)
class Board:
    """``frame`` holds one ``%s`` for the entries, ``one`` three: author, day, text; ``says`` is what visitors write."""

    title: str
    frame: str
    one: str
    says: str

    def entry(self, writer: Writer, author: str, text: str) -> str:
        return self.one % (author, writer.write("{ngày}"), text)

    def honest(self, writer: Writer) -> str:
        return self.entry(writer, writer.write("{người}"), writer.write(self.says))

    def html(self, entries: Iterable[str]) -> str:
        return self.frame % "\n".join(entries)


BOARDS = {
    "guestbook": Board(
        "Sổ lưu bút",
        '<div id="guestbook" class="guestbook comment-list">\n%s\n</div>',
        '<div class="entry"><b>%s</b> <i>(%s)</i><p>%s</p></div>',
        "{lời lưu bút}",
    ),
    "questions": Board(
        "Hỏi đáp",
        '<div class="hoi-dap"><p>Câu hỏi hiện ngay, nhà trường trả lời trong giờ hành chính.</p>\n%s\n</div>',
        '<div class="cau-hoi"><p><strong>%s</strong> hỏi ngày %s</p><div class="noi-dung">%s</div></div>',
        "{câu hỏi phụ huynh}",
    ),
    "feedback": Board(
        "Góp ý của bạn đọc",
        '<table class="gop-y" width="100%%"><tbody>%s</tbody></table>',
        "<tr><td><b>%s</b><br><i>%s</i></td><td>%s</td></tr>",
        "{lời góp ý}",
    ),
    "forum": Board(
        "Diễn đàn: Góc học tập",
        '<div id="dien-dan" class="forum topic">%s<p>Chủ đề đang mở, thành viên có thể trả lời.</p></div>',
        '<div class="post"><p class="poster">%s</p><p class="postdate">%s</p><div class="postbody">%s</div></div>',
        "{lời diễn đàn}",
    ),
}


def comment(writer: Writer, author: str, text: str) -> str:
    """One comment below an article; ``text`` is HTML."""
    number = writer.random.randint(1200, 9800)
    return (
        f'<li class="comment" id="comment-{number}"><div class="comment-author vcard"><cite>{author}</cite> viết:</div>'
        f'<div class="comment-metadata">{writer.write("{ngày}")}</div>'
        f'<div class="comment-content"><p>{text}</p></div></li>'
    )


def comment_list(entries: Iterable[str]) -> str:
    body = "\n".join(entries)
    return f'<div id="comments" class="comments-area"><ol class="comment-list">{body}</ol>{RESPOND}</div>'

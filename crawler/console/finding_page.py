"""A finding as one HTML page in Vietnamese that opens offline, for whoever has to act on it.

What stands in it was written by offenders: everything is escaped, no address is a link, nothing is loaded but the
pictures beside it, and no script runs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from crawler.console.excerpt import excerpt, word
from crawler.console.finding import OUTCOMES, chain_of, time_of
from crawler.console.finding_style import HEAD
from crawler.console.times import local
from crawler.console.words import CATEGORIES, CONFIDENCES, FINDING_STATES, SEVERITIES, VECTORS, VIEWS

_ONLY = re.compile(r"only in view (\w+)")
PARTS: Mapping[str, str] = {
    "title": "tiêu đề trang",
    "meta": "phần mô tả của trang",
    "heading": "đề mục",
    "text": "nội dung trang",
    "anchor": "chữ trên liên kết",
    "alt": "chú thích ảnh",
    "form": "biểu mẫu",
    "document": "tài liệu",
    "script": "mã script",
    "style": "mã định kiểu",
    "comment": "chú thích trong mã nguồn",
    "tail": "phần sau cuối trang",
    "hidden": "nội dung bị giấu",
    "redirect": "chuyển hướng",
    "link.host": "tên miền đích",
    "link.target": "địa chỉ đích",
    "redirect.host": "tên miền đích",
    "url": "địa chỉ trang",
}
MEANT: Mapping[str, str] = {
    "planted": "Nội dung bị kẻ xấu cài vào trang; đơn vị thường không biết.",
    "posted": "Nội dung do người dùng đăng lên (bình luận, diễn đàn, bài viết).",
    "redirected": "Khách vào trang bị đưa sang trang khác.",
    "linked": "Trang của đơn vị có liên kết dẫn tới trang vi phạm.",
}

WAYS: Mapping[str, str] = {
    "http": "máy chủ chuyển hướng",
    "refresh": "máy chủ chuyển hướng",
    "meta": "thẻ meta chuyển hướng",
    "script": "script chuyển hướng",
    "load": "tự động khi mở trang",
    "delay": "tự động sau vài giây",
    "click": "khi bấm vào chỗ trống của trang",
    "popup": "cửa sổ bật lên",
    "confirmed": "trang đích vi phạm",
    "suspected": "trang đích nghi vấn",
    "clean": "trang đích không thấy vi phạm",
}
CAUSES: Mapping[str, str] = {
    "found": "phát hiện",
    "seen again": "thấy lại",
    "no page that showed it shows it any more": "không trang nào còn hiện",
    "crawl": "hệ thống rà soát",
}
NOT_IN_SOURCE = "Nguyên văn không đứng liền trong mã nguồn đã lưu (do script ghép hoặc mã hóa)."


@dataclass(slots=True)
class Shot:
    """One record with the files written for it: ``source`` is what was judged, as text."""

    record: Mapping[str, Any]
    sha256: str
    source: str = ""
    screenshot: str = ""
    landings: dict[str, str] = field(default_factory=dict)


def page_html(known: Mapping[str, Any], shots: Sequence[Shot], sums: Iterable[tuple[str, str, int]]) -> str:
    """The page of what ``dossier.gather`` gathered; ``sums`` are (SHA-256, path, bytes) of the files beside it."""
    body = [
        _banner(known),
        _section("Tóm tắt", _facts(known)),
        _section("Cần làm gì", _remedy(known)),
        _section("Ảnh chụp màn hình", _pictures(shots)),
        _section("Trích dẫn tại chỗ", _quotes(known, shots)),
        _section("Trang dẫn đi đâu", _chains(shots)),
        _section("Đã xem trang bằng cách nào", _looks(known)),
        _section("Cùng nguồn", _campaign(known)),
        _section("Diễn biến", _history(known)),
        _section("Tính nguyên vẹn của bằng chứng", _proof(known, shots, sums)),
    ]
    title = f"<title>Hồ sơ vi phạm {word(known['short'])}</title>"
    return f"{HEAD}{title}\n</head>\n<body><main>\n{''.join(body)}</main></body>\n</html>\n"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>\n{content}</section>\n" if content else ""


def _banner(known: Mapping[str, Any]) -> str:
    unit = known.get("unit_name") or "Chưa rõ đơn vị"
    return (
        f'<header class="{word(known["severity"])}"><p class="kind">Hồ sơ vi phạm · {word(known["short"])}</p>\n'
        f"<h1>{word(_of(CATEGORIES, known['category']).capitalize())}</h1>\n"
        f'<p class="unit">{word(unit)} <span>{word(known["host"])}</span></p>\n'
        f'<p class="tags">{_tags(known)}</p></header>\n'
    )


def _tags(known: Mapping[str, Any]) -> str:
    pairs = (("severity", SEVERITIES), ("confidence", CONFIDENCES), ("state", FINDING_STATES), ("vector", VECTORS))
    return " ".join(f"<b>{word(_of(words, known[name]))}</b>" for name, words in pairs)


def _facts(known: Mapping[str, Any]) -> str:
    rule = known.get("rule_texts") or {}
    return _table(
        (
            ("Đơn vị", " · ".join(part for part in (known.get("unit"), known.get("unit_name")) if part)),
            ("Trang web", known["host"]),
            ("Địa chỉ tiêu biểu", known["url"]),
            ("Số trang đang hiện", str(known["url_count"])),
            ("Cách thức", f"{_of(VECTORS, known['vector'])}. {MEANT.get(known['vector'], '')}"),
            ("Quy tắc phát hiện", " · ".join(part for part in (rule.get("title"), known["rule"]) if part)),
            ("Thấy lần đầu", local(known["first_seen"])),
            ("Thấy lần cuối", local(known["last_seen"])),
            ("Số lần tái diễn", str(known.get("recurrences") or "")),
        )
    )


def _remedy(known: Mapping[str, Any]) -> str:
    rule = known.get("rule_texts") or {}
    texts = [f'<p class="do">{word(rule["remedy"], 2000)}</p>'] if rule.get("remedy") else []
    texts += [f"<p><b>Căn cứ:</b> {word(rule['basis'], 2000)}</p>"] if rule.get("basis") else []
    return "\n".join(texts)


def _quotes(known: Mapping[str, Any], shots: Sequence[Shot]) -> str:
    rows = []
    for item in known.get("evidence", ()):
        quote, target = str(item.get("quote") or ""), str(item.get("target") or "")
        own = [shot for shot in shots if shot.sha256 == item.get("snapshot")]
        place = next((found for shot in [*own, *shots] if (found := excerpt(shot.source, quote, target))), "")
        part = _of(PARTS, str(item.get("part") or ""))
        rows.append(
            f'<figure><figcaption>Trong {word(part)}{_hidden(item)}</figcaption>\n'
            f"<blockquote>{word(quote, 600) or '(không có chữ)'}</blockquote>\n"
            + (f'<p class="to">Dẫn tới <code>{word(target, 600)}</code></p>\n' if target else "")
            + (
                f"<pre>{place}</pre>\n" if place
                else f'<p class="note">{NOT_IN_SOURCE}</p>\n'
            )
            + "</figure>\n"
        )  # fmt: skip
    return "".join(rows)


def _hidden(item: Mapping[str, Any]) -> str:
    where = _ONLY.sub(lambda found: f"chỉ hiện với {VIEWS.get(found[1], found[1])}", str(item.get("where") or ""))
    return f" · <code>{word(where)}</code>" if where else ""


def _pictures(shots: Sequence[Shot]) -> str:
    rows = []
    for shot in shots:
        if shot.screenshot:
            about = f"{_of(VIEWS, shot.record['view'])}, {time_of(shot.record['fetched'])}"
            framed = shot.record.get("framed") or ()
            frame = f" Phần được đóng khung: {word('; '.join(framed), 400)}." if framed else ""
            rows.append(_picture(shot.screenshot, f"{word(about.capitalize())}.{frame}"))
        for url, path in shot.landings.items():
            rows.append(_picture(path, f"Trang đích mà khách bị đưa tới: <code>{word(url)}</code>"))
    return "".join(rows) or '<p class="note">Không có ảnh: trang chưa được xem bằng trình duyệt.</p>'


def _picture(path: str, caption: str) -> str:
    image = f'<div><img src="{escape(path)}" alt=""></div>'
    return f'<figure class="shot"><figcaption>{caption}</figcaption>{image}</figure>\n'


def _chains(shots: Sequence[Shot]) -> str:
    rows, told = [], set[str]()
    for shot in shots:
        steps = chain_of(shot.record)
        if steps and (key := repr((shot.record["view"], shot.record["url"], steps))) not in told:
            told.add(key)
            items = "".join(f"<li><code>{word(way, 700)}</code>{_about(facts)}</li>" for way, facts in steps)
            view = _of(VIEWS, shot.record["view"])
            rows.append(f"<p>{word(view.capitalize())}: <code>{word(shot.record['url'])}</code></p><ol>{items}</ol>\n")
    return "".join(rows)


def _about(facts: Sequence[str]) -> str:
    return f" <small>({word(', '.join(_of(WAYS, fact) for fact in facts), 400)})</small>" if facts else ""


def _looks(known: Mapping[str, Any]) -> str:
    rows = "".join(map(_look, known["looks"]))
    head = "<tr><th>Cách xem</th><th>Kết quả</th><th>Số trang</th><th>Lần cuối</th></tr>"
    return f'<table class="list">{head}{rows}</table>\n<p class="note">Cách chưa xem không có nghĩa là sạch.</p>'


def _look(row: Mapping[str, Any]) -> str:
    outcome = OUTCOMES[row["outcome"]][1] + _about([row["cause"]] if row["cause"] else ())
    last = local(row["last"]) if row.get("last") else ""
    cells = (word(_of(VIEWS, row["view"])), outcome, str(row["pages"] or ""), last)
    return f'<tr class="{word(row["outcome"])}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _campaign(known: Mapping[str, Any]) -> str:
    row = known.get("campaign")
    if not row:
        return ""
    landing = row.get("landing") or {}
    return f"<p><b>Cùng nguồn với {row['unit_count'] - 1} trường khác.</b></p>\n" + _table(
        (
            ("Mã chiến dịch", row["_id"]),
            ("Dẫn tới", ", ".join(row["destinations"])),
            ("Trang đích", landing.get("title") or ""),
            ("Hoạt động", f"{local(row['first_seen'])} – {local(row['last_seen'])}"),
        )
    )


def _history(known: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{local(step['at'])}</td><td>{word(_of(FINDING_STATES, step['to'] or ''))}</td>"
        f"<td>{word(_of(CAUSES, step.get('cause') or ''))}</td><td>{word(_of(CAUSES, step.get('by') or ''))}</td></tr>"
        for step in known.get("history", ())
    )
    head = "<tr><th>Lúc</th><th>Trạng thái</th><th>Lý do</th><th>Bởi</th></tr>"
    return f'<table class="list">{head}{rows}</table>' if rows else ""


def _proof(known: Mapping[str, Any], shots: Sequence[Shot], sums: Iterable[tuple[str, str, int]]) -> str:
    faults = known["evidence_faults"]
    state = (
        '<p class="bad">Bằng chứng không còn nguyên vẹn:</p><ul>'
        + "".join(f"<li>{word(fault)}</li>" for fault in faults)
        + "</ul>"
        if faults
        else '<p class="good">Bằng chứng nguyên vẹn: mọi tệp khớp mã băm, chuỗi bản ghi không đứt.</p>'
    )
    digests = [(f"Bản ghi {time_of(s.record['fetched'])}", s.sha256) for s in shots if s.record.get("fetched")]
    chains = [(f"Đầu chuỗi của lượt {row['run']}", f"{row['head']} (mắt xích {row['n']})") for row in known["chains"]]
    rules = [("Bộ quy tắc", known.get("ruleset") or ""), ("Danh sách", known.get("lists") or "")]
    rows = "".join(
        f"<tr><td>{escape(path)}</td><td>{size:,}</td><td><code>{digest}</code></td></tr>"
        for digest, path, size in sums
    )
    files = f'<table class="list files"><tr><th>Tệp</th><th>Byte</th><th>SHA-256</th></tr>{rows}</table>'
    check = '<p class="note">Kiểm tra: <code>sha256sum -c SHA256SUMS</code> trong thư mục này.</p>'
    return f"{state}\n{_table([*rules, *chains, *digests])}{files}\n{check}"


def _table(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{word(name)}</th><td>{word(text, 1000)}</td></tr>" for name, text in pairs if text)
    return f'<table class="facts">{rows}</table>\n'


def _of(words: Mapping[str, str], slug: str) -> str:
    return words.get(slug, slug)

import re
from collections import Counter
from html import unescape
from io import BytesIO
from random import Random
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from crawler.demo import Request, render
from crawler.demo.documents import TYPES
from crawler.demo.plants import landings
from crawler.demo.plants.form import forms
from crawler.demo.text import Writer, symbols, topics
from crawler.demo.web import answer


def test_articles_do_not_say_the_same_over_and_over(province):
    said: Counter[str] = Counter()
    articles = 0
    for host in province.hosts:
        for page in host.pages.values():
            if getattr(page, "func", None) is render.article:
                articles += 1
                said.update(one for one in render.written(*page.args)[0] if isinstance(one, str))
    assert articles > 1500
    assert said.most_common(1)[0][1] < articles / 20
    assert len(said) > said.total() * 0.4


def test_documents_say_what_their_page_says(province):
    seen: Counter[str] = Counter()
    for host in province.hosts:
        for page in host.pages.values():
            if getattr(page, "func", None) is not render.article or not page.args[1].file:
                continue
            site, article = page.args
            reply = answer(host, Request("GET", host.name, article.file, {}, 8080, 9))
            family = article.file.rpartition(".")[2]
            assert dict(reply.headers)["Content-Type"] == TYPES[family]
            text = text_of(reply.body)
            if article.file in site.unstored:
                assert not text.strip()
                family = "scan"
            else:
                for one in render.written(site, article)[0]:
                    assert not isinstance(one, str) or plain(one) in plain(text), (article.file, one)
            seen[family] += 1
    assert set(seen) == {"pdf", "docx", "xlsx", "scan"}
    assert seen.total() > 300


def plain(text: str) -> str:
    return "".join(text.split())


def text_of(data: bytes) -> str:
    """Text of a PDF, Word or Excel file, by the libraries' own reading."""
    if data.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    with ZipFile(BytesIO(data)) as packed:
        part = next(name for name in packed.namelist() if name in ("word/document.xml", "xl/worksheets/sheet1.xml"))
        return unescape(re.sub(r"<[^>]+>", " ", packed.read(part).decode()))


@pytest.mark.parametrize("mark", ["mam_non", "tieu_hoc", "thcs", "thpt", "gdtx", "lien_cap", "khac", "phong", "4"])
def test_every_line_of_every_grammar_can_be_written(mark):
    known = dict.fromkeys(
        ("trường", "xã", "địa chỉ", "điện thoại", "email", "hiệu trưởng", "người kí", "lớp đầu cấp", "ngày"), "x"
    ) | dict.fromkeys(("ngày sau", "năm học", "tháng", "tuổi 20/11", "số lớp", "số học sinh", "viết tắt"), "x")
    written = [line for lines in symbols("words").values() for line in lines]
    for name in ("news", "documents.txt", "pages.txt", "lookalikes.txt"):
        for topic in topics(name):
            written += [*topic.titles, *topic.leads, *(line for line in topic.lines if not line.startswith("#"))]
    for number, line in enumerate(written):
        for turn in range(5):
            text = Writer(Random(f"{number}{turn}"), known, (mark,)).write(line)
            assert "{" not in text
            assert "}" not in text
            assert not re.search(r"  |\s[,.;]", text), line


def test_a_symbol_that_nothing_knows_and_one_without_end_are_refused(monkeypatch):
    with pytest.raises(KeyError):
        Writer(Random(1), {}).write("{không có}")
    with pytest.raises((ValueError, RecursionError)):
        Writer(Random(1), {"a": "{a}"}).write("{a}")


def test_every_form_says_where_it_goes_and_a_heading_that_does_not_is_refused(monkeypatch):
    found = forms("offences")
    assert len(found) > 60
    assert all(any(name in form.html for form in found.values()) for name in landings())
    for form in found.values():
        assert form.vector in ("planted", "posted", "redirected", "linked")
        assert form.lines, form.name
    monkeypatch.setattr("crawler.demo.plants.form.symbols", lambda name: {"no way | gambling | planted": ("x",)})
    forms.cache_clear()
    with pytest.raises(ValueError, match="not enough values"):
        forms("offences")
    forms.cache_clear()

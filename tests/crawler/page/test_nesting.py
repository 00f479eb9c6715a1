"""The look at the tags that comes before the parser."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.page import nesting

MANY = 200_000


def _nodes(body: bytes) -> int:
    root = LexborHTMLParser(body, options=1).root
    return sum(1 for _ in root.traverse()) if root is not None else 0


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * MANY,
        b"<ul><li>" * MANY,
        b"<font><p>x" * 50 + b"<div>" * MANY,
        b"<b><div></b>" * MANY,
        b"<span><div></span>" * MANY,
        b"<span></p>" * MANY,
        b"<div><table><tr><td></div>" * MANY,
        b"<form><div></form>" * MANY,
        b"<noscript><div></noscript>" * MANY,
        b'<div title="</div>">' * MANY,
        b'<a ="x>' + b"<div>" * MANY + b'">',
        b"<!-->" + b"<div>" * MANY + b"-->",
        b"<svg><style>" + b"<div>" * MANY,
        b"<textarea>" + b"<div>" * MANY,
        b'<div\x0bx="' + b"<div>" * MANY + b'">',
    ],
)
def test_endless_nesting_is_cut_before_the_parser_sees_it(body: bytes) -> None:
    head = b"<p>Truong</p>" + body
    cut, cause = nesting.cut(head)
    assert cause == "nesting"
    assert cut.startswith(b"<p>Truong</p>")
    assert _nodes(cut) < 4 * nesting.MAX_DEPTH


def test_formatting_that_is_never_closed_is_not_multiplied() -> None:
    body = b"<div>" + b"".join(b"<b id=%d>" % n for n in range(200)) + b"</div>" + b"<p>x</p>" * 50_000
    cut, cause = nesting.cut(body)
    assert cause == "nesting"
    assert _nodes(cut) < MANY


def test_a_tag_with_endless_attributes_is_cut() -> None:
    body = b"<p>x</p><div " + b" ".join(b"a%d" % n for n in range(MANY)) + b">"
    assert nesting.cut(body) == (b"<p>x</p>", "attributes")


def test_too_many_tags_are_cut() -> None:
    cut, cause = nesting.cut(b"<br>" * (nesting.MAX_TAGS + 10))
    assert (cause, cut.count(b"<")) == ("tags", nesting.MAX_TAGS)


@pytest.mark.parametrize(
    "body",
    [
        b"<ul>" + b"<li>muc" * 20_000 + b"</ul>",
        b"<p><span>doan" * 20_000,
        b"<p><b>doan" * 20_000,
        b"<table>" + b"<tr><th>a<td>b" * 20_000 + b"</table>",
        b"<select>" + b"<option>lop" * 20_000 + b"</select>",
        b"<dl>" + b"<dt>a<dd>b" * 20_000,
        b"<h2>a<h2>b" * 10_000,
        b"<div><p>a</div>" * 20_000,
        b"<script>" + b"document.write('<div>');" * 20_000 + b"</script>",
        b"<!-- " + b"<div>" * 50_000 + b" -->",
        b"<div " * 1 + b'data-x="' + b"<div>" * 50_000 + b'">',
        b"<!--" * 70_000,
        b"<a href=x>" * 20_000,
    ],
)
def test_honest_and_sloppy_pages_are_left_whole(body: bytes) -> None:
    assert nesting.cut(body) == (body, "")

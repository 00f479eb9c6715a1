"""Builds real files for the demo province and for tests: PDF, Word, Excel, PowerPoint, zip. Same input, same bytes.

``links`` are always (text, URL); dates in the files are ``WHEN`` unless the builder is told another moment.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

WHEN = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
Links = Iterable[tuple[str, str]]
_LINES, _COLUMNS = 46, 88  # of a PDF page
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_REL = f'xmlns:r="{_OFFICE}/relationships"'


# ------------------------------------------------------------------------------------------------------------ PDF


def pdf(title: str, paragraphs: Iterable[str], links: Links = (), *, author: str = "", when: datetime = WHEN) -> bytes:
    """A PDF whose text comes out with its diacritics: a font without outlines, and the map that says what it shows."""
    lines: list[tuple[str, str]] = [(title, ""), ("", "")]
    for paragraph in paragraphs:
        lines += [(line, "") for line in wrap(paragraph, _COLUMNS)]
        lines.append(("", ""))
    lines += links
    codes = {letter: number for number, letter in enumerate(sorted({c for text, _ in lines for c in text}), 1)}
    pages = [lines[start : start + _LINES] for start in range(0, len(lines), _LINES)]
    font: list[str | bytes] = [
        "<< /Type /Font /Subtype /Type0 /BaseFont /Demo /Encoding /Identity-H /DescendantFonts [4 0 R] "
        "/ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Demo /CIDToGIDMap /Identity /DW 500 /FontDescriptor 6 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        _stream(_to_unicode(codes)),
        "<< /Type /FontDescriptor /FontName /Demo /Flags 32 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900 "
        "/Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    return _pdf_file(title, author, when, font, [_text_page(page, codes) for page in pages])


def scanned_pdf(title: str, pages: int = 1, *, when: datetime = WHEN) -> bytes:
    """A PDF of photographed pages: pictures, and not one letter of text."""
    width, height = 120, 170
    dots = bytes((x * y + x // 7 * 31) % 251 for y in range(height) for x in range(width))
    head = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8"
    image = _stream(dots, head)
    drawn: list[tuple[bytes, str, str]] = [(b"q 500 0 0 700 47 70 cm /Im1 Do Q", "/XObject << /Im1 3 0 R >>", "")]
    return _pdf_file(title, "", when, [image], drawn * pages)


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    """The CMap that leads glyph numbers back to letters."""
    pairs = [f"<{code:04X}> <{letter.encode('utf-16-be').hex().upper()}>" for letter, code in codes.items()]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    chars = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Demo def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{chars}\nendcmap\nend\nend"
    ).encode()


def _text_page(lines: Sequence[tuple[str, str]], codes: Mapping[str, int]) -> tuple[bytes, str, str]:
    """Drawing operators, resources and annotations of one page."""
    drawn, notes = [], []
    for number, (text, url) in enumerate(lines):
        y = 790 - 16 * number
        if text:
            shown = "".join(f"{codes[letter]:04X}" for letter in text)
            drawn.append(f"BT /F1 11 Tf 1 0 0 1 56 {y} Tm <{shown}> Tj ET")
        if url:
            area = f"[56 {y - 3} {56 + 6 * len(text)} {y + 10}]"
            action = f"<< /S /URI /URI {_pdf_text(url, plain=True)} >>"
            notes.append(f"<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect {area} /A {action} >>")
    return "\n".join(drawn).encode(), "/Font << /F1 3 0 R >>", " ".join(notes)


def _pdf_text(text: str, *, plain: bool = False) -> str:
    data = text.encode("latin-1", "replace") if plain else b"\xfe\xff" + text.encode("utf-16-be")
    return f"<{data.hex().upper()}>"


def _stream(data: bytes, head: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    return f"<< {head} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream"


def _pdf_file(
    title: str, author: str, when: datetime, shared: Sequence[str | bytes], pages: Sequence[tuple[bytes, str, str]]
) -> bytes:
    """Objects 1 (catalog), 2 (page tree), from 3 on ``shared``, then each page and its contents, last /Info."""
    first = 3 + len(shared)
    numbers = [first + 2 * place for place in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects: list[str | bytes] = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *shared,
    ]
    for number, (content, resources, notes) in zip(numbers, pages, strict=True):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << {resources} >> "
            f"/Contents {number + 1} 0 R /Annots [{notes}] >>"
        )
        objects.append(_stream(content))
    made = when.astimezone(UTC).strftime("(D:%Y%m%d%H%M%SZ)")
    objects.append(f"<< /Title {_pdf_text(title)} /Author {_pdf_text(author)} /CreationDate {made} /ModDate {made} >>")
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + (item.encode() if isinstance(item, str) else item) + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>"
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\n".encode()
    out += f"startxref\n{out.rindex(b'xref')}\n%%EOF\n".encode()
    return bytes(out)


# --------------------------------------------------------------------------------------------------------- Office


def docx(title: str, paragraphs: Iterable[str], links: Links = (), *, author: str = "", when: datetime = WHEN) -> bytes:
    """A Word document: a heading, paragraphs, then each link in a paragraph of its own."""
    links = list(links)
    space = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" {_REL}'
    body = [f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>{_run(title)}</w:p>']
    body += [f"<w:p>{_run(text)}</w:p>" for text in paragraphs]
    body += [
        f'<w:p><w:hyperlink r:id="rId{number}">{_run(text)}</w:hyperlink></w:p>'
        for number, (text, _) in enumerate(links, 1)
    ]
    document = f"{_XML}<w:document {space}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {"word/document.xml": document, "word/_rels/document.xml.rels": _relations(_targets(links))}
    return _office(parts, {"word/document.xml": kind}, title, author, when)


def xlsx(
    title: str, rows: Iterable[Iterable[object]], links: Links = (), *, author: str = "", when: datetime = WHEN
) -> bytes:
    """An Excel workbook with one sheet called ``title`` (its first 31 letters); links stand below the rows."""
    links = list(links)
    table = [[*row] for row in rows]
    space = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" {_REL}'
    cells = [[*row] for row in table] + [[text] for text, _ in links]
    data = "".join(
        f'<row r="{number}">{"".join(_cell(value, column, number) for column, value in enumerate(row))}</row>'
        for number, row in enumerate(cells, 1)
    )
    marks = "".join(
        f'<hyperlink ref="A{len(table) + number}" r:id="rId{number}"/>' for number, _ in enumerate(links, 1)
    )
    linked = f"<hyperlinks>{marks}</hyperlinks>" if marks else ""
    name = quoteattr("".join(c for c in title if c not in "[]:*?/\\")[:31] or "Sheet1")
    workbook = f'{_XML}<workbook {space}><sheets><sheet name={name} sheetId="1" r:id="rId1"/></sheets></workbook>'
    parts = {
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": _relations([("worksheet", "worksheets/sheet1.xml", "")]),
        "xl/worksheets/sheet1.xml": f"{_XML}<worksheet {space}><sheetData>{data}</sheetData>{linked}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(_targets(links)),
    }
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    kinds = {"xl/workbook.xml": f"{kind}.sheet.main+xml", "xl/worksheets/sheet1.xml": f"{kind}.worksheet+xml"}
    return _office(parts, kinds, title, author, when)


def pptx(title: str, paragraphs: Iterable[str], links: Links = (), *, author: str = "", when: datetime = WHEN) -> bytes:
    """A PowerPoint file with one slide: the title, paragraphs and links in one text box each."""
    links = list(links)
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    space = f'xmlns:a="{drawing}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {_REL}'
    shown = [_box(2, f"<a:p><a:r><a:t>{escape(title)}</a:t></a:r></a:p>")]
    shown.append(
        _box(3, "".join(f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>" for text in paragraphs) or "<a:p/>")
    )
    for number, (text, _) in enumerate(links, 1):
        run = f'<a:rPr><a:hlinkClick r:id="rId{number}"/></a:rPr><a:t>{escape(text)}</a:t>'
        shown.append(_box(3 + number, f"<a:p><a:r>{run}</a:r></a:p>"))
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    tree = group + "".join(shown)
    deck = '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
    deck += '<p:notesSz cx="6858000" cy="9144000"/>'
    parts = {
        "ppt/presentation.xml": f"{_XML}<p:presentation {space}>{deck}</p:presentation>",
        "ppt/_rels/presentation.xml.rels": _relations([("slide", "slides/slide1.xml", "")]),
        "ppt/slides/slide1.xml": f"{_XML}<p:sld {space}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>",
        "ppt/slides/_rels/slide1.xml.rels": _relations(_targets(links)),
    }
    kind = "application/vnd.openxmlformats-officedocument.presentationml"
    kinds = {"ppt/presentation.xml": f"{kind}.presentation.main+xml", "ppt/slides/slide1.xml": f"{kind}.slide+xml"}
    return _office(parts, kinds, title, author, when)


def archive(files: Mapping[str, bytes], *, when: datetime = WHEN) -> bytes:
    """A zip file of these members, in this order."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, data in files.items():
            member = ZipInfo(name, when.astimezone(UTC).timetuple()[:6])
            member.compress_type = ZIP_DEFLATED
            member.create_system = 0  # the same on every machine
            packed.writestr(member, data)
    return out.getvalue()


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _cell(value: object, column: int, row: int) -> str:
    place = f"{chr(65 + column % 26)}{row}" if column < 26 else f"A{chr(65 + column % 26)}{row}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def _box(number: int, paragraphs: str) -> str:
    name = f'<p:nvSpPr><p:cNvPr id="{number}" name="Box {number}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
    return f"<p:sp>{name}<p:spPr/><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"


def _targets(links: Links) -> list[tuple[str, str, str]]:
    return [("hyperlink", url, ' TargetMode="External"') for _, url in links]


def _relations(targets: Iterable[tuple[str, str, str]], base: str = f"{_OFFICE}/relationships/") -> str:
    """A part's references, ``rId1`` first; each is (type, target, further attributes)."""
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{kind if "://" in kind else base + kind}" Target={quoteattr(to)}{more}/>'
        for number, (kind, to, more) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _office(parts: Mapping[str, str], kinds: Mapping[str, str], title: str, author: str, when: datetime) -> bytes:
    """The package around the parts; the first of ``kinds`` is the main part."""
    moment = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    core = (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{escape(title)}</dc:title>'
        f"<dc:creator>{escape(author)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified></cp:coreProperties>'
    )
    every = {**kinds, "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml"}
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in every.items())
    types = (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    roots = _relations(
        [
            ("officeDocument", next(iter(kinds)), ""),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml", ""),
        ]
    )
    files = {"[Content_Types].xml": types, "_rels/.rels": roots, **parts, "docProps/core.xml": core}
    return archive({name: text.encode() for name, text in files.items()}, when=when)

"""Zip packages: opened with a look at what they would unpack to, before anything is unpacked."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from crawler.documents.scribe import Unreadable

MAX_MEMBERS = 20_000
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes that all members say they have; Python unpacks no member beyond what it says. How much a member grows says
nothing: a workbook of a million empty rows grows 300 times and is honest."""
MAX_MEMBER = 64 * 1024 * 1024


def opened(data: bytes) -> ZipFile:
    """The package; raises Unreadable("bomb") when it is none that anybody would make for reading."""
    try:
        packed = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable("damaged") from error
    members = packed.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Unreadable("bomb")
    return packed


def parsed(data: bytes) -> Any:
    """The root element of a part. Entities stay unresolved, nothing outside is loaded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    return etree.fromstring(data, parser)


def local(element: Any) -> str:
    """The name of an element without its namespace, "" for what is none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def inner(element: Any) -> str:
    """The text in an element; what comments and the like in it cut to pieces is all there."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def external(relations: Any) -> Iterator[tuple[str, str]]:
    """(id, target) of the hyperlinks of a part of python-docx or python-pptx that lead out of the file."""
    for name, relation in relations.items():
        if relation.is_external and relation.reltype.endswith("/hyperlink"):
            yield name, relation.target_ref

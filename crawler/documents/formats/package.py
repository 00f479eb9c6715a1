"""Zip packages: opened with a look at what they would unpack to, before anything is unpacked."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from crawler.documents.scribe import Unreadable

MAX_MEMBERS = 20_000
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes that all members say they have; Python unpacks no member beyond what it says."""
MAX_MEMBER = 64 * 1024 * 1024
MAX_RATIO = 400
"""Times a member of more than a megabyte may grow; XML of real workbooks grows 20 to 60 times."""


def opened(data: bytes) -> ZipFile:
    """The package; raises Unreadable("bomb") when it is none that anybody would make for reading."""
    try:
        packed = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable("damaged") from error
    members = packed.infolist()
    heavy = any(m.file_size > 1_000_000 and m.file_size > MAX_RATIO * max(1, m.compress_size) for m in members)
    if heavy or len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
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


def external(relations: Any) -> Iterator[tuple[str, str]]:
    """(id, target) of the hyperlinks of a part of python-docx or python-pptx that lead out of the file."""
    for name, relation in relations.items():
        if relation.is_external and relation.reltype.endswith("/hyperlink"):
            yield name, relation.target_ref

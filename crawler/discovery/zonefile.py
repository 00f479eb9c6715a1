"""Owner names of a zone file (RFC 1035) with their lines; nothing is included, nothing is loaded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.exception
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.zonefile

from crawler.errors import BadInput

_HOSTS = (
    dns.rdatatype.A,
    dns.rdatatype.AAAA,
    dns.rdatatype.CNAME,
    dns.rdatatype.DNAME,
    dns.rdatatype.MX,
    dns.rdatatype.TXT,
    dns.rdatatype.NS,
)


class _Lines(dns.zonefile.RRsetsReaderTransaction):
    """Notes owner and line instead of building a zone."""

    found: list[tuple[str, int]]
    tokens: dns.tokenizer.Tokenizer
    last: int = 0

    def add(self, *args: Any) -> None:
        """Called by the reader with (name, ttl, rdata) when a record has been read."""
        name, rdata = args[0], args[2]
        self.last = self.tokens.where()[1] - 1
        if rdata.rdtype in _HOSTS:
            self.found.append((name.to_text(omit_final_dot=True).lower(), self.last))


def owners(path: Path) -> Iterator[tuple[str, int]]:
    """(name, line) of records that make a host, each name once. Raises ``BadInput`` naming file and line."""
    text = path.read_text(encoding="utf-8-sig")
    tokens = dns.tokenizer.Tokenizer(text if text.endswith("\n") else f"{text}\n", path.name)
    manager = dns.zonefile.RRSetsReaderManager(dns.name.root, False, dns.rdataclass.IN)
    lines = _Lines(manager, False, False)  # type: ignore[no-untyped-call]
    lines.found, lines.tokens = [], tokens
    reader = dns.zonefile.Reader(tokens, dns.rdataclass.IN, lines, allow_include=False, default_ttl=3600)
    try:
        reader.read()
    except dns.exception.DNSException as error:
        told = str(error).partition(": ")[2] or "cannot be read"
        raise BadInput(f"{path}:{_next_line(text, lines.last)}: {told}") from error
    first = dict(reversed(lines.found))
    yield from sorted(first.items(), key=lambda item: (item[1], item[0]))


def _next_line(text: str, last: int) -> int:
    """The line after the last good record: there the fault is, whatever the reader had swallowed of it."""
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if number > last and line.strip() and line[0] not in ";$"), last + 1)

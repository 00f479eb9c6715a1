"""Lists of domains in plain, hosts, AdBlock and RPZ form, with a manifest that says what each is about.

A host is looked up by walking its suffixes through a frozen set, so the size of a list costs no time per page.
Lines that other programs mean and we do not (paths, page elements, local names) are left out; where more than one
line in a hundred cannot be read at all, the format in the manifest is wrong, and that is a fault.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import idna

from pipelines.engine.errors import Fault

MAX_BYTES = 64 * 1024 * 1024
TOLERATED = 0.01
DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z][a-z0-9-]{0,61}[a-z0-9])")
ADDRESS = re.compile(r"(?:0\.0\.0\.0|127\.\d+\.\d+\.\d+|::1?|fe80::1%lo0|ff0\d::\d|255\.255\.255\.255)")
LOCAL = frozenset({"localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost", "ip6-loopback"})

# A reader takes a line without comments and gives domains, or None when it cannot read it.
Reader = Callable[[str], "list[str] | None"]


def _plain(line: str) -> list[str] | None:
    name = domain(line.removeprefix("*.").removeprefix("."))
    return [name] if name else None


def _hosts(line: str) -> list[str] | None:
    address, *names = line.split()
    if not names or not ADDRESS.fullmatch(address):
        return None
    found = []
    for written in names:
        if written in LOCAL or written.startswith("ip6-"):
            continue
        if name := domain(written):
            found.append(name)
        elif not ADDRESS.match(written):
            return None
    return found


def _adblock(line: str) -> list[str] | None:
    if line.startswith(("!", "[", "@@", "/")) or "##" in line or "#@#" in line or "#?#" in line:
        return []
    if not line.startswith("||"):
        return [] if "/" in line or "*" in line or "$" in line else _plain(line)
    name, _, rest = line[2:].partition("^")
    if "/" in name or "*" in name or (rest and not rest.startswith("$")):
        return []  # a path or a pattern: not the whole domain
    return _plain(name)


def _rpz(line: str) -> list[str] | None:
    words = line.split()
    if words[0].startswith(("$", "@")) or not {"cname", "a", "aaaa", "txt"} & set(words[1:]):
        return []
    if "rpz-passthru." in words:
        return []
    return _plain(words[0].rstrip("."))


# To read another form of list, add a function here.
FORMATS: dict[str, Reader] = {"plain": _plain, "hosts": _hosts, "adblock": _adblock, "rpz": _rpz}
COMMENTS = {"plain": ("#",), "hosts": ("#",), "adblock": ("!", "# "), "rpz": (";", "#")}


def domain(text: str) -> str:
    """A host name in its ASCII form, or nothing when it is none (or a single label)."""
    if len(text) <= 253 and DOMAIN.fullmatch(text):
        return text
    name = text.strip().rstrip(".").lower()
    if len(name) > 253:
        return ""
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return ""
    return name if DOMAIN.fullmatch(name) else ""


def read_list(data: bytes, form: str, file: str, faults: list[Fault]) -> frozenset[str]:
    """The domains of a list; faults when it is too large, no text, or of another format."""
    if len(data) > MAX_BYTES:
        faults.append(Fault(file, 1, "", f"larger than {MAX_BYTES} bytes"))
        return frozenset()
    reader, marks = FORMATS[form], COMMENTS[form]
    found: set[str] = set()
    bad: list[tuple[int, str]] = []
    lines = 0
    for number, raw in enumerate(data.decode("utf-8", "replace").lower().splitlines(), 1):
        line = raw
        for mark in marks:
            if mark in line and (form != "adblock" or line.startswith(mark)):
                line = line.split(mark, 1)[0]
        line = line.strip().removeprefix("\ufeff")
        if not line:
            continue
        lines += 1
        names = reader(line)
        if names is None:
            bad.append((number, raw.strip()[:60]))
        else:
            found.update(names)
    if bad and len(bad) > lines * TOLERATED:
        number, text = bad[0]
        faults.append(Fault(file, number, "", f"{len(bad)} of {lines} lines are not of format {form}, first: {text!r}"))
    return frozenset(found)


@dataclass(slots=True)
class Lists:
    """All domains by category."""

    categories: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, category: str, domains: frozenset[str]) -> None:
        self.categories[category] = self.categories.get(category, frozenset()) | domains

    def match(self, host: str, category: str) -> str:
        """The entry that holds a host or one of its parents, or nothing."""
        domains = self.categories.get(category)
        if not domains:
            return ""
        name = host
        while name:
            if name in domains:
                return name
            _, _, name = name.partition(".")
        return ""

    def digest(self) -> str:
        """SHA-256 over categories and domains in order."""
        total = hashlib.sha256(b"lists 1\n")
        for category in sorted(self.categories):
            total.update(f"[{category}]\n".encode())
            total.update("\n".join(sorted(self.categories[category])).encode())
        return total.hexdigest()

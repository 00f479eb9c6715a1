"""Names that look like another: how a deceiver would write a portal's name, and what a look-alike stands for; pure."""

from collections.abc import Iterator

HOMOGLYPHS = {"o": "0", "l": "1", "i": "1", "e": "3", "a": "4", "s": "5", "g": "9", "m": "rn", "w": "vv"}
_BACK = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("3", "e"), ("4", "a"), ("5", "s"), ("9", "g"))
SUFFIXES = ("com", "net", "org", "info", "vn", "com.vn", "edu.vn", "net.vn", "org.vn", "top", "xyz", "site", "online")
BAIT = ("tuyensinh", "dangky", "tracuu", "diemthi", "login")


def skeleton(label: str) -> str:
    """A label with look-alike letters written as what they are taken for: "hajph0ng" keeps its j, loses its 0."""
    for fake, true in _BACK:
        label = label.replace(fake, true)
    return label


def variants(name: str) -> Iterator[str]:
    """Names by which a portal could be imitated, few and likely: other suffixes, joined labels, letters, bait."""
    labels = name.split(".")
    first, rest = labels[0], ".".join(labels[1:])
    seen = {name}

    def new(candidate: str) -> Iterator[str]:
        if candidate not in seen and "." in candidate:
            seen.add(candidate)
            yield candidate

    joined = "".join(labels[:-1]), "-".join(labels[:-1])
    for base in dict.fromkeys((first, *joined)):
        for suffix in SUFFIXES:
            yield from new(f"{base}.{suffix}")
    for word in BAIT:
        for form in (f"{word}{first}.{rest}", f"{word}-{first}.{rest}", f"{word}-{first}.com", f"{word}{first}.vn"):
            yield from new(form)
    for place, letter in enumerate(first):
        if fake := HOMOGLYPHS.get(letter):
            yield from new(f"{first[:place]}{fake}{first[place + 1 :]}.{rest}")
        yield from new(f"{first[:place]}{first[place + 1 :]}.{rest}")
        yield from new(f"{first[: place + 1]}{letter}{first[place + 1 :]}.{rest}")

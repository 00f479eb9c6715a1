"""The fields of every collection that analysts and tools rely on; the validators are made of it.

A field in ``required`` is there from the first write; one in ``optional`` may be missing or null.
Fields that are not named here may be added freely.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """The BSON types a field may have, and its values where they are a closed list."""

    types: tuple[str, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document of one collection holds."""

    required: dict[str, Kind] = field(default_factory=dict)
    optional: dict[str, Kind] = field(default_factory=dict)


TEXT = Kind(("string",))
WHOLE = Kind(("int", "long"))
NUMBER = Kind(("int", "long", "double"))
TIME = Kind(("date",))
FLAG = Kind(("bool",))
LIST = Kind(("array",))
OBJECT = Kind(("object",))
BYTES = Kind(("binData",))
KEY = Kind(("string", "binData", "objectId"))
ZONES = Kind(("object", "array"))


def one_of(*values: str) -> Kind:
    """A text out of a closed list."""
    return Kind(("string",), values)


LEVELS = ("mam_non", "tieu_hoc", "thcs", "thpt", "lien_cap", "gdtx", "phong", "so", "khac")
LIVENESS = (
    "live",
    "redirects",
    "parked",
    "default_page",
    "empty",
    "under_construction",
    "no_web",
    "no_connection",
    "dangling",
    "dead",
    "blocked",
    "unknown",
)
REVIEW_ENDS = ("complete", "budget", "unreachable", "blocked", "refused", "redirected", "interrupted")

CONTRACT: dict[str, Shape] = {
    "units": Shape(
        {"_id": TEXT, "name": TEXT, "names": LIST, "level": one_of(*LEVELS), "history": LIST},
        {
            "commune": TEXT,
            "district": TEXT,
            "places": LIST,
            "phones": LIST,
            "emails": LIST,
            "contacts": LIST,
            "statements": Kind(("array", "object", "string")),
            "folded": TEXT,
        },
    ),
    "sites": Shape(
        {"_id": TEXT, "host": TEXT, "unit": TEXT, "official": FLAG, "state": one_of("registered", "retired")},
        {"alias_of": TEXT, "history": LIST},
    ),
    "hosts": Shape(
        {"_id": TEXT, "state": one_of("registered", "discovered", "dismissed", "retired")},
        {
            "group": TEXT,
            "attribution": OBJECT,
            "sources": LIST,
            "dns": OBJECT,
            "tls": OBJECT,
            "liveness": one_of(*LIVENESS),
            "recognised": one_of("yes", "no", "imitation"),
            "verdicts": LIST,
            "policy": OBJECT,
            "review": OBJECT,
        },
    ),
    "reviews": Shape(
        {"_id": TEXT, "run": TEXT, "host": TEXT, "state": one_of(*REVIEW_ENDS, "queued", "running")},
        {"cause": TEXT, "pages": WHOLE, "skipped": LIST, "started": TIME, "ended": TIME, "spider": TEXT},
    ),
    "pages": Shape(
        {"_id": KEY, "run": TEXT, "url": TEXT, "host": TEXT, "status": WHOLE, "fetched": TIME},
        {
            "site": TEXT,
            "unit": TEXT,
            "headers": LIST,
            "redirects": LIST,
            "title": TEXT,
            "text": ZONES,
            "links": LIST,
            "link_count": WHOLE,
            "body": TEXT,
            "published": TIME,
            "views": LIST,
            "ruleset": TEXT,
            "lists": TEXT,
        },
    ),
    "bodies": Shape({"_id": TEXT, "zstd": BYTES, "size": WHOLE}, {"type": TEXT}),
    "links": Shape(
        {"_id": TEXT, "from": TEXT, "to": TEXT, "count": WHOLE, "first_seen": TIME, "last_seen": TIME},
        {"hidden": Kind(("int", "long", "bool")), "anchors": LIST, "pages": LIST},
    ),
    "findings": Shape(
        {
            "_id": KEY,
            "short": TEXT,
            "host": TEXT,
            "url": TEXT,
            "urls": LIST,
            "url_count": WHOLE,
            "place": TEXT,
            "rules": LIST,
            "rule": TEXT,
            "category": TEXT,
            "vector": one_of("planted", "posted", "redirected", "linked"),
            "severity": one_of("critical", "high", "medium", "low", "info"),
            "confidence": one_of("confirmed", "suspected"),
            "state": one_of("open", "fixed", "recurred", "dismissed"),
            "evidence": LIST,
            "first_seen": TIME,
            "last_seen": TIME,
            "history": LIST,
        },
        {
            "unit": TEXT,
            "site": TEXT,
            "views": LIST,
            "keys": LIST,
            "recurrences": WHOLE,
            "ruleset": TEXT,
            "lists": TEXT,
        },
    ),
    "sightings": Shape(
        {"finding": KEY, "page": KEY, "url": TEXT, "view": TEXT, "run": TEXT, "last_seen": TIME},
        {"quote": TEXT, "snapshot": TEXT, "gone": TIME},  # gone: since when it is not seen any more
    ),
    "runs": Shape(
        {
            "_id": TEXT,
            "spider": TEXT,
            "state": one_of("running", "finished", "interrupted", "failed"),
            "started": TIME,
            "heartbeat": TIME,
        },
        {
            "job": TEXT,
            "version": TEXT,
            "log": TEXT,
            "args": OBJECT,
            "ended": TIME,
            "reason": TEXT,
            "hosts": LIST,
            "pages": WHOLE,
            "findings": OBJECT,
            "stats": LIST,
        },
    ),
    "unit_verdicts": Shape({"_id": TEXT, "unit": TEXT, "rule": TEXT, "state": TEXT}, {"sites": LIST, "since": TIME}),
    "campaigns": Shape(
        {"_id": KEY, "keys": LIST, "first_seen": TIME, "last_seen": TIME},
        {"landing": OBJECT, "hosts": LIST, "units": LIST, "findings": LIST},
    ),
    # Private: how a crawl remembers what it still has to fetch, and who may fetch from a server.
    "frontier": Shape(
        {
            "_id": KEY,
            "run": TEXT,
            "host": TEXT,
            "digest": KEY,
            "url": TEXT,
            "state": one_of("queued", "taken", "done", "skipped", "failed"),
            "priority": WHOLE,
            "at": TIME,
        },
        {"depth": WHOLE, "via": TEXT, "shape": TEXT, "cause": TEXT},
    ),
    "leases": Shape({"_id": TEXT}),
    # Private: the chain that holds a run's evidence together; see ``crawler/store/chain.py``.
    "chain": Shape({"_id": TEXT, "run": TEXT, "n": WHOLE, "record": TEXT, "head": TEXT, "at": TIME}),
    # Private: what name servers answered to a discovery run.
    "answers": Shape({"_id": TEXT, "run": TEXT, "question": TEXT, "wire": BYTES, "at": TIME}, {"packed": FLAG}),
}

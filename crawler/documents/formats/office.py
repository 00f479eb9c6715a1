"""What all Office packages have in common: their core properties."""

from typing import Any

from crawler.documents.scribe import Scribe


def core(package: Any, scribe: Scribe) -> None:
    """Title, author and dates of a package of python-docx, python-pptx or openpyxl; broken ones are left out."""
    try:
        found = getattr(package, "core_properties", None) or getattr(package, "properties", None)
        properties(found, scribe)
    except (ValueError, TypeError, AttributeError, KeyError):
        return


def properties(found: Any, scribe: Scribe) -> None:
    """Tell what core properties hold."""
    if found is None:
        return
    scribe.meta(
        title=found.title,
        author=getattr(found, "author", None) or getattr(found, "creator", None),
        subject=found.subject,
        keywords=found.keywords,
    )
    for name in ("created", "modified"):
        moment = getattr(found, name, None)
        if moment is not None:
            scribe.meta(**{name: moment.isoformat() + ("" if moment.tzinfo else "Z")})

"""Units as arguments name them."""

from collections.abc import Sequence
from typing import Any

from pymongo.synchronous.database import Database

from crawler.errors import BadArgument
from crawler.urls import clean


def check_units(db: Database[dict[str, Any]], codes: Sequence[str]) -> None:
    """Raise ``BadArgument`` for the first code that no unit has."""
    known = {row["_id"] for row in db["units"].find({"_id": {"$in": list(codes)}}, {"_id": 1})}
    for code in codes:
        if code not in known:
            raise BadArgument(f"--unit: {clean(code, 60)}: no such unit in the register")


def unit_name(db: Database[dict[str, Any]], code: str | None) -> str:
    """A unit's name, empty for one that is not in the register."""
    unit = db["units"].find_one({"_id": code}, {"name": 1})
    return str(unit["name"]) if unit else ""

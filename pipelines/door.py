"""Reads a page that somebody else's spider yields as a dict or another item type."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from crawler.items import Block, Link, Page, Redirect
from crawler.page import extract

_NESTED: dict[str, type[Block] | type[Link] | type[Redirect]] = {
    "blocks": Block,
    "links": Link,
    "redirects": Redirect,
}


def to_page(item: Any) -> Page:
    """A Page out of a mapping with at least ``url``, ``status`` and ``body``; raises DropItem for anything else.

    Where the mapping has only the raw answer (no ``blocks``), the page is read out of ``body``.
    """
    values: Mapping[str, Any] = ItemAdapter(item).asdict()
    try:
        url, status, body = str(values["url"]), int(values["status"]), bytes(values.get("body") or b"")
    except (KeyError, TypeError, ValueError) as error:
        raise DropItem(f"not a page: {error!r}") from error
    fetched = values.get("fetched")
    if not isinstance(fetched, datetime):
        fetched = datetime.now(UTC)
    headers = [(str(name), str(value)) for name, value in values.get("headers") or []]
    host = str(values.get("host") or "")
    if not values.get("blocks"):
        return extract(url=url, status=status, headers=headers, body=body, fetched=fetched, host=host)
    known = (
        {field.name for field in fields(Page)}
        - set(_NESTED)
        - {"discovered", "violations", "snapshots", "rendered", "known"}
    )
    plain = {name: value for name, value in values.items() if name in known}
    plain |= {
        "url": url,
        "status": status,
        "body": body,
        "fetched": fetched,
        "headers": headers,
        "host": host,
    }
    page = Page(**plain)
    for name, kind in _NESTED.items():
        setattr(page, name, [_build(kind, value) for value in values.get(name) or []])
    return page


def _build(kind: Any, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    names = {field.name for field in fields(kind)}
    return kind(**{name: part for name, part in value.items() if name in names})

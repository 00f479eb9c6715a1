"""What is not the same for everybody: cloaked and scripted offences, and honest pages that are never twice the same.

Every form of ``data/seen`` by name; each returns the truth about what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from crawler.demo.model import Planted
from crawler.demo.plants.form import forms
from crawler.demo.seen.ways import plant
from crawler.demo.site import Site

Plant = Callable[[Site], list[Planted]]


def _plants(*names: str) -> Mapping[str, Plant]:
    return {form.name: partial(plant, form) for name in names for form in forms(f"seen/{name}.txt").values()}


CLOAKED = _plants("cloaked", "scripted")
DYNAMIC = _plants("dynamic")

"""What runs inside a page, as package data; each file is one function expression."""

import json
from functools import cache
from importlib.resources import files


@cache
def source(name: str) -> str:
    """The text of ``name``.js."""
    return files(__name__).joinpath(f"{name}.js").read_text(encoding="utf-8")


def call(name: str, *arguments: object) -> str:
    """An expression that calls the function of ``name``.js with these arguments."""
    return f"({source(name)})({', '.join(json.dumps(each) for each in arguments)})"

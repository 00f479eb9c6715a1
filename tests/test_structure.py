"""The house: who may import whom, where collections are named, and what every component looks like."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler import settings
from crawler.store.schema import INDEXES

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("crawler/**/*.py"), *ROOT.glob("pipelines/**/*.py"), *ROOT.glob("rules/**/*.py")])
OURS = ("crawler", "pipelines", "rules", "tests")
TEXT_LIBRARIES = {"hyperscan", "ruamel", "idna", "numpy", "selectolax"}


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_imports_go_one_way(path: Path) -> None:
    here = module(path)
    for name in imports(path):
        top = name.partition(".")[0]
        if inside(here, "pipelines.engine"):
            allowed = inside(name, "pipelines.engine") or top not in OURS
            assert allowed, f"the engine knows only itself, not {name}"
            assert top in TEXT_LIBRARIES or is_standard(top) or top in OURS, f"the engine may not use {name}"
        elif inside(here, "pipelines"):
            pure = inside(name, "crawler.items", "crawler.urls", "crawler.store", "crawler.errors", "crawler.page")
            assert top != "crawler" or pure, f"pipelines may not import {name}"
        elif inside(here, "crawler") and not inside(here, "crawler.commands"):
            assert top != "pipelines", f"{here} may not import {name}"
        if inside(here, "crawler.items", "crawler.urls", "crawler.page"):
            assert not inside(name, "scrapy", "pymongo", "crawler.store", "crawler.schedule"), f"{here} is pure"
        assert top != "tests", f"{here} may not import {name}"


def is_standard(top: str) -> bool:
    import sys

    return top in sys.stdlib_module_names


@pytest.mark.parametrize("path", [p for p in SOURCES if not inside(module(p), "crawler.store")], ids=module)
def test_only_the_store_names_a_collection(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value in INDEXES
            and ast.unparse(node.value).rpartition(".")[2] in ("db", "database", "_db")
        ):
            raise AssertionError(f"{path}:{node.lineno} names the collection {node.slice.value}")


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_file_is_one_room(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 340, f"{path} has {len(lines)} lines: is it two?"
    assert not lines or lines[0].startswith(('"""', "#")), f"{path} does not say what it is"


def test_pipelines_are_one_verb_a_file() -> None:
    for name in settings.ITEM_PIPELINES:
        package, verb, cls = name.split(".")
        assert package == "pipelines"
        assert cls == f"{verb.capitalize()}Pipeline"

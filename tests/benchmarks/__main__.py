"""``python -m tests.benchmarks [NAME …]``: without names, all that need no folder of the operator's own."""

import sys
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

from tests.benchmarks.report import Report

NAMES = ("pipeline", "kill", "memory", "documents", "rules", "lists", "hostile", "fleet", "names", "render", "school")


def main() -> int:
    """Run what is named, one after the other: they would disturb each other."""
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="JSON lines instead of tables")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of pages")
    parser.add_argument("--seed", type=int, default=20260920, help="of the kill drill's moments")
    parser.add_argument("--crawlee", default="", help="an interpreter that has crawlee[parsel]; default: installed")
    parser.add_argument("--site", type=Path, help="school: the folder of an unpacked static site")
    parser.add_argument("--rounds", type=int, default=3, help="pipeline and school: rounds, of which the median counts")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(NAMES)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if "school" in options.names and not (options.site and options.site.is_dir()):
        parser.error("school needs --site FOLDER")
    names = options.names or [name for name in NAMES if name != "school" or options.site]
    report = Report(options.json)
    for name in names:
        import_module(f"tests.benchmarks.{name}").run(options, report)
    return 0


if __name__ == "__main__":
    sys.exit(main())

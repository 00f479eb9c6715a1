"""``scrapy register``: the list of units and their websites."""

import argparse
from pathlib import Path

from crawler.console.command import BAD, OK, Action, Options, RasoatCommand, tell


class Register(RasoatCommand):
    """Import and export the register."""

    summary = "Import or export the register of units and their websites"

    def actions(self) -> dict[str, Action]:
        return {
            "import": Action(self._import, "bring a CSV or XLSX file into the register", _import_options),
            "export": Action(self._export, "write the register to a CSV or XLSX file", _file),
            "propose": Action(self._propose, "write it with the hosts that were found, for a person to accept", _file),
        }

    def _import(self, opts: Options) -> int:
        from crawler.register.apply import import_register
        from crawler.register.reader import read
        from crawler.register.summary import show
        from crawler.store.connection import open_store
        from crawler.store.register import RegisterStore

        sheet = read(opts.file)
        zones = [zone.strip() for zone in self.given.getlist("RASOAT_AUTHORITY_ZONES") if zone.strip()]
        with open_store(self.given) as store:
            summary = import_register(
                RegisterStore(store.db), sheet, zones=zones, source=opts.file.name, dry_run=opts.dry_run
            )
        show(summary, opts.file.name, dry_run=opts.dry_run)
        return BAD if summary.refused else OK

    def _export(self, opts: Options) -> None:
        from crawler.register.export import export_register
        from crawler.store.connection import open_store
        from crawler.store.register import RegisterStore

        with open_store(self.given) as store:
            count = export_register(RegisterStore(store.db), opts.file)
        print(f"{count} units written to {opts.file}")  # noqa: T201 - the command's answer

    def _propose(self, opts: Options) -> None:
        from crawler.register.export import propose_register
        from crawler.store.connection import open_store
        from crawler.store.register import RegisterStore

        with open_store(self.given) as store:
            units, hosts, left = propose_register(RegisterStore(store.db), opts.file)
        print(f"{hosts} found hosts of {units} units written to {opts.file}")  # noqa: T201 - the command's answer
        if left:
            tell(self.name, f"{left} live hosts belong to no unit for sure: scrapy hosts --state discovered")


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path)


def _import_options(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, write nothing")

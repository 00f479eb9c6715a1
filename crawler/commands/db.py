"""``scrapy db``: the database itself."""

import argparse
from pathlib import Path

from crawler.console.command import FAILED, OK, Action, Options, RasoatCommand
from crawler.errors import BadArgument


class Db(RasoatCommand):
    """Start, stop, name, migrate, back up and restore the database."""

    summary = "Start or stop the embedded database, back it up, restore it"

    def actions(self) -> dict[str, Action]:
        return {
            "start": Action(self._start, "start the embedded server and let it run on"),
            "stop": Action(self._stop, "stop the embedded server once nobody uses it"),
            "uri": Action(self._uri, "print the mongodb:// URI, starting the embedded server where needed"),
            "migrate": Action(self._migrate, "bring a database of an older program up to this one"),
            "backup": Action(self._backup, "write the database into a new folder", _folder),
            "restore": Action(self._restore, "read a backup into an empty database", _restore_options),
        }

    def _start(self, opts: Options) -> None:
        from crawler.store.connection import Target
        from crawler.store.embedded import Embedded

        target = Target.of(self.given)
        if target.uri:
            raise BadArgument("RASOAT_MONGO_URI names a server of its own: it is not ours to start")
        _say(Embedded(target.data_dir).persist())

    def _stop(self, opts: Options) -> int:
        from crawler.store.connection import Target
        from crawler.store.embedded import Embedded

        target = Target.of(self.given)
        if target.uri:
            raise BadArgument("RASOAT_MONGO_URI names a server of its own: it is not ours to stop")
        told = Embedded(target.data_dir).stop()
        _say({"in use": "still in use: it stops when the last process that uses it ends"}.get(told, told))
        return OK if told != "in use" else FAILED

    def _uri(self, opts: Options) -> None:
        from crawler.store.connection import Target
        from crawler.store.embedded import Embedded

        target = Target.of(self.given)
        _say(target.uri or Embedded(target.data_dir).persist())

    def _migrate(self, opts: Options) -> None:
        from crawler.store import schema
        from crawler.store.connection import open_store

        with open_store(self.given, prepare=False) as store:
            for line in schema.migrate(store.db):
                _say(line)

    def _backup(self, opts: Options) -> None:
        from crawler.store.backup import backup
        from crawler.store.connection import open_store

        with open_store(self.given) as store:
            manifest = backup(store.db, opts.folder, _progress)
        documents = sum(entry["documents"] for entry in manifest["collections"])
        _say(f"{documents} documents of {manifest['database']} written to {opts.folder}")

    def _restore(self, opts: Options) -> None:
        from crawler.store.backup import restore
        from crawler.store.connection import open_store

        if opts.into:
            self.given.set("RASOAT_MONGO_DATABASE", opts.into, priority="cmdline")
        with open_store(self.given, prepare=False) as store:
            manifest = restore(store.db, opts.folder, _progress)
            documents = sum(entry["documents"] for entry in manifest["collections"])
            _say(f"{documents} documents restored into {store.db.name}")


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path)


def _restore_options(parser: argparse.ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("--into", metavar="DATABASE", help="another, empty database than RASOAT_MONGO_DATABASE")


def _progress(name: str, count: int) -> None:
    _say(f"  {name}: {count}")


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's answer

"""``scrapy hosts``: what is known of each host, and how it may be visited."""

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from crawler.console.command import BAD, OK, Action, Options, RasoatCommand, tell
from crawler.errors import BadArgument

if TYPE_CHECKING:
    from crawler.store.hosts import Decision


class Hosts(RasoatCommand):
    """List, show and steer hosts."""

    summary = "List hosts, bring names in, decide whose they are and how they may be visited"

    def actions(self) -> dict[str, Action]:
        return {
            "": Action(self._list, "list hosts with their last review", _list_options),
            "show": Action(self._show, "show all that is known of one host", _show_options),
            "set": Action(self._set, "set delay, hours or a pause; running jobs follow in seconds", _set_options),
            "import": Action(self._import, "bring in names out of a file, whatever wrote it", _import_options),
            "assign": Action(partial(self._decide, "assign"), "say which unit a host belongs to", _assign_options),
            "dismiss": Action(partial(self._decide, "dismiss"), "say that a host is none of ours", _decision_options),
            "retire": Action(partial(self._decide, "retire"), "say that a host is no more", _decision_options),
        }

    def _list(self, opts: Options) -> None:
        from crawler.console.host_list import checked, columns, wanted_of
        from crawler.console.limits import limit_of, limited
        from crawler.store.connection import open_store
        from crawler.store.queries.hosts import list_hosts

        limit, wanted = limit_of(opts.limit, opts.format), wanted_of(opts)
        with open_store(self.given) as store:
            checked(store.db, wanted)
            limited(self.name, "host", partial(list_hosts, store.db, wanted), columns(opts.format), opts.format, limit)

    def _show(self, opts: Options) -> None:
        from crawler.console.host import show_host
        from crawler.console.output import json_line
        from crawler.store.connection import open_store
        from crawler.store.queries.hosts import find_host, host_details

        with open_store(self.given) as store:
            host = find_host(store.db, opts.host)
            details = host_details(store.db, host["_id"])
        if opts.format == "json":
            print(json_line({**host, **details}))  # noqa: T201 - the command's answer
        else:
            show_host(host, details)

    def _set(self, opts: Options) -> None:
        from crawler.console.host_list import policy_words
        from crawler.store.connection import open_store
        from crawler.store.hosts import set_policy
        from crawler.store.queries.hosts import find_host

        by, reason = opts.by.strip(), (opts.reason or "").strip()
        if not by:
            raise BadArgument("--by: say who wants it")
        if opts.paused and not reason:
            raise BadArgument("--pause needs a --reason: the run that leaves the host out will tell it")
        hours = "" if opts.hours == "always" else opts.hours
        given: dict[str, Any] = {"delay": opts.delay, "hours": hours, "paused": opts.paused}
        with open_store(self.given) as store:
            host = find_host(store.db, opts.host)["_id"]
            policy = set_policy(store.db, host, **given, reason=reason, by=by)
        tell(self.name, f"{host}: {policy_words(policy) or 'no restriction of its own'}")

    def _import(self, opts: Options) -> int:
        from crawler.console.decision import Import
        from crawler.store.connection import open_store

        zones = [zone.strip().lower() for zone in self.given.getlist("RASOAT_AUTHORITY_ZONES") if zone.strip()]
        ports = frozenset(int(port) for port in self.given.getlist("RASOAT_WEB_PORTS"))
        with open_store(self.given) as store:
            work = Import(store.db, zones, ports, opts.all)
            work.run(opts.file, opts.format)
        work.tell(self.name, opts.file)
        return BAD if work.bad else OK

    def _decide(self, action: "Decision", opts: Options) -> None:
        from crawler.console.decision import words_of
        from crawler.store.connection import open_store
        from crawler.store.hosts import decide
        from crawler.store.queries.hosts import find_host

        words = words_of(opts)
        with open_store(self.given) as store:
            host = find_host(store.db, opts.host)["_id"]
            after = decide(store.db, host, action, **words, unit=getattr(opts, "unit", ""))
        whose = f", belongs to {after['attribution']['unit']}" if action == "assign" else ""
        tell(self.name, f"{host}: {after['state']}{whose}")


def _import_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.decision import import_options

    import_options(parser)


def _assign_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.decision import assign_options

    assign_options(parser)


def _decision_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.decision import decision_options

    decision_options(parser)


def _list_options(parser: argparse.ArgumentParser) -> None:
    from crawler.console.host_list import options

    options(parser)


def _show_options(parser: argparse.ArgumentParser) -> None:
    _host(parser)
    parser.add_argument("--json", dest="format", action="store_const", const="json", default="table", help="one object")


def _set_options(parser: argparse.ArgumentParser) -> None:
    _host(parser)
    parser.add_argument("--delay", metavar="SECONDS", type=float, help="seconds between two requests to its server")
    parser.add_argument("--hours", metavar="FROM-TO", help="hours in Vietnam, like 22:00-05:00, or always")
    pause = parser.add_mutually_exclusive_group()
    pause.add_argument("--pause", dest="paused", action="store_const", const=True, help="fetch nothing from it")
    pause.add_argument("--resume", dest="paused", action="store_const", const=False, help="end a pause")
    parser.add_argument("--reason", metavar="TEXT", help="why; a pause needs one")
    parser.add_argument("--by", metavar="NAME", required=True, help="who wants it")


def _host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("host", metavar="HOST", help="host, host:port or a URL on it")

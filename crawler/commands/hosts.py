"""``scrapy hosts``: what is known of each host, and how it may be visited."""

import argparse
from functools import partial
from typing import Any

from crawler.console.command import Action, Options, RasoatCommand, tell
from crawler.errors import BadArgument


class Hosts(RasoatCommand):
    """List, show and steer hosts."""

    summary = "List hosts, show one, set how it may be visited"

    def actions(self) -> dict[str, Action]:
        return {
            "": Action(self._list, "list hosts with their last review", _list_options),
            "show": Action(self._show, "show all that is known of one host", _show_options),
            "set": Action(self._set, "set delay, hours or a pause; running jobs follow in seconds", _set_options),
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

"""Redirects inside a host: how far a chain has come, whether it arrives anywhere, and where the home page's ends."""

from crawler.store.frontier import Entry
from crawler.urls import digest, host_of

MAX_HOPS = 20
"""Redirects one after the other; browsers give up there too."""


class Chains:
    """What the redirects of one host have shown.

    ``away`` is the URL on another host that the home page leads to in the end; ``circle`` the one on this host from
    which it comes no further; ``cookie`` says that a redirect on that circle wanted a cookie back. ``refresh`` is a
    URL on another host to which the home page itself leads by a refresh or a script.
    """

    def __init__(self) -> None:
        self._hops: dict[str, int] = {}
        self._home: set[str] = set()
        self.away = ""
        self.refresh = ""
        self.circle = ""
        self.cookie = False

    def follow(self, entry: Entry, target: str, sets_cookie: bool) -> bool:
        """Note the redirect of ``entry`` to ``target`` (a canonical URL); False when it is not worth following."""
        key = digest(target)
        hops = self._hops.pop(entry.digest, 0) + 1
        inside = host_of(target) == entry.host
        tired = hops >= MAX_HOPS
        if entry.via == "home":
            self._home.add(entry.digest)
        if entry.digest in self._home:
            self._lead(key, target, inside, tired)
            self.cookie = self.cookie or (sets_cookie and key == entry.digest)
        if inside and not tired:
            self._hops[key] = hops
        return not tired

    def is_home(self, entry: Entry) -> bool:
        """True for the home page and for what it redirects to."""
        return entry.via == "home" or entry.digest in self._home

    def _lead(self, key: str, target: str, inside: bool, tired: bool) -> None:
        """One step of the way that begins at the home page."""
        if not inside:
            self.away = self.away or target
        elif tired or key in self._home:
            self.circle = self.circle or target
        else:
            self._home.add(key)

"""What the looks in other views teach about one host: when a view is given up, without a word about the host itself."""

from collections import Counter

from crawler.items import Page
from crawler.store.frontier import Entry
from crawler.store.looks import BLOCKED
from crawler.views.views import RENDERED, is_blocked

UNREACHABLE = "view_unreachable"
NOT_RENDERED = "not_rendered"
NO_BROWSER = "no_browser"
MAX_BLOCKED = 5
"""Refusals of a view in a row after which it is left alone: whoever keeps robots out keeps them out."""
MAX_FAULTS = 6
"""Faults in a row after which a host's other views are left alone."""


class Looks:
    """Counts in a row by view. ``blind``: there is no browser."""

    def __init__(self) -> None:
        self._blocked: Counter[str] = Counter()
        self._faults: Counter[bool] = Counter()
        self.blind = False

    def refused(self, entry: Entry) -> str:
        """The cause why a look is not worth a fetch any more, or ""."""
        if self.blind and entry.view == RENDERED:
            return NO_BROWSER
        if self._faults[entry.view == RENDERED] >= MAX_FAULTS:
            return UNREACHABLE
        return BLOCKED if self._blocked[entry.view] >= MAX_BLOCKED else ""

    def note(self, page: Page) -> bool:
        """Take note of an answer; True when the view was refused."""
        self._faults[page.view == RENDERED] = 0
        blocked = is_blocked(page)
        self._blocked[page.view] = self._blocked[page.view] + 1 if blocked else 0
        return blocked

    def fault(self, view: str) -> None:
        """No answer came; what fails in the browser says nothing of what is fetched."""
        self._faults[view == RENDERED] += 1

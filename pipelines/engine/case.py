"""One document before the court: which signals fire in which scope."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from pipelines.engine.compiled import Compiled, Owners
from pipelines.engine.database import Database, Pattern
from pipelines.engine.document import HIDDEN, PAGE, REDIRECTED, SCOPES, Document
from pipelines.engine.evidence import Hit
from pipelines.engine.normal import SCRIPT_NUMBER, agrees, same, signs
from pipelines.engine.places import stands_in
from pipelines.engine.rule import Near, Signal
from pipelines.engine.view import View, group_of, host_of, lay_out, scope_of, zone

# A redirect hides the page behind it, so the page's own name speaks with it.
WITH_REDIRECT = frozenset({"title", "meta", "url", "path", "query", "script"})
PLAIN, LEET, FOREIGN = "plain", "leet", "foreign"  # how a hit was read; the offsets of a foreign one are the text's
Raw = tuple[Pattern, str, int, int, str]  # pattern, part, start, end, reading


class Case:
    """Raw hits of what is sought first over one document, and of all signals once ``complete`` was called."""

    def __init__(self, compiled: Compiled, document: Document) -> None:
        self.compiled = compiled
        self.view: View = lay_out(document, compiled.wanted)
        self._raw: dict[int, list[Raw]] = defaultdict(list)
        self._hits: dict[int, list[Hit]] = {}
        self._fired: dict[tuple[int, str], list[Hit]] = {}
        self._complete = False
        self._scopes: list[str] | None = None
        text = self.view.groups.get("text")
        self._leet = self.view.normal.leet(text.low, text.high) if text else b""
        # The folded parts of each group in order: where they begin, and their names.
        self._starts: dict[str, tuple[list[int], list[int], list[str]]] = {}
        for part, span in self.view.parts.items():
            lows, starts, names = self._starts.setdefault(group_of(part), ([], [], []))
            lows.append(span.low)
            starts.append(span.start)
            names.append(part)
        self._scan(compiled.first)
        self.pieces = self._of_pieces()

    def triggered(self) -> set[int]:
        """The numbers of the rules of which a trigger fired."""
        compiled = self.compiled
        seen = self._seen() & compiled.triggered.keys()
        found = {number for sid in seen if self.hits(sid) for number in compiled.triggered[sid]}
        return found.union(compiled.always)

    def may_fire(self, sid: int, scope: str) -> bool:
        """Whether a signal fires in a scope; true as well while not everything was sought that decides it."""
        if self._complete or (sid not in self.compiled.late and sid not in self.compiled.unsettled):
            return bool(self.fires(sid, scope))
        return sid in self.compiled.late or any(_within(hit, scope) for hit in self.hits(sid))

    def complete(self) -> set[int]:
        """Seek everything else too; gives the signals that may fire, never too few."""
        if not self._complete:
            self._complete = True
            self._scan(self.compiled.rest)
        return self._seen()

    def _seen(self) -> set[int]:
        circles = self.compiled.circles
        return self.pieces.union(*(circles[number] for number in self._raw))

    def _scan(self, groups: dict[str, Owners]) -> None:
        normal = self.view.normal
        for group, (database, circles) in groups.items():
            span = self.view.groups.get(group)
            if span is None:
                continue
            lows, starts, names = self._starts[group]
            plain = normal.data[span.low : span.high]
            hits = [(*hit, PLAIN) for hit in database.scan(plain)]
            if self._leet and group == "text":
                leet = self._leet
                # Signs for letters are no accident: then the costlier patterns are sought too.
                read = database.scan(leet) if signs(plain) > signs(leet) + 1 else database.scan_words(leet)
                hits += [(*hit, LEET) for hit in read if plain[hit[1] : hit[2]] != leet[hit[1] : hit[2]]]
            for number, start, end, reading in hits:
                low = start + span.low
                part = names[bisect_right(lows, low) - 1]
                self._note(database, circles, number, part, (low, end + span.low, reading))
            if normal.scripts is None:
                continue
            for number, start, end in database.scan_foreign(normal.text[span.start : span.end]):
                low = start + span.start
                part = names[bisect_right(starts, low) - 1]
                self._note(database, circles, number, part, (low, end + span.start, FOREIGN))

    def _note(
        self, database: Database, circles: dict[str, list[int]], number: int, part: str, place: tuple[int, int, str]
    ) -> None:
        of_part = circles.get(part)
        if of_part is not None and (circle := of_part[number]) >= 0:
            self._raw[circle].append((database.patterns[number], part, *place))

    def _of_pieces(self) -> set[int]:
        """The signals that look at whole pieces and may fire; cheap, and never too few."""
        found = set()
        members = self.view.members
        for sid in self.compiled.counts:
            signal = self.compiled.signals[sid]
            if sum(len(members.get(part, ())) for part in signal.parts) >= signal.times:
                found.add(sid)
        if self.view.normal.scripts is not None:
            found.update(self.compiled.scripts)
        if any(part in members for part in ("link.host", "link.target", "redirect", "redirect.host")):
            found.update(sid for sid in self.compiled.domains if self.hits(sid))
            if self.view.document.known:
                found.update(sid for sid in self.compiled.standings if self.hits(sid))
        return found

    def scopes(self) -> list[str]:
        """The scopes that the document has, in order."""
        if self._scopes is None:
            kinds = {(piece.part, piece.hidden, piece.region): piece for piece in self.view.pieces}
            present = {scope_of(piece) for piece in kinds.values()}
            self._scopes = [scope for scope in SCOPES if scope in present]
        return self._scopes

    def fires(self, sid: int, scope: str) -> list[Hit]:
        """The hits of a signal in a scope when they are enough, else none."""
        key = (sid, scope)
        if key not in self._fired:
            self._fired[key] = self._firing(self.compiled.signals[sid], self.hits(sid), scope)
        return self._fired[key]

    def _firing(self, signal: Signal, found: list[Hit], scope: str) -> list[Hit]:
        hits = [hit for hit in found if _within(hit, scope)]
        if hits and signal.near is not None:
            hits = self._near(hits, signal.near, scope, True)
        if hits and signal.apart is not None:
            hits = self._near(hits, signal.apart, scope, False)
        if not hits or not _enough(hits, signal.times):
            return []
        if signal.distinct > 1 and len({hit.value for hit in hits}) < signal.distinct:
            return []
        if signal.hosts and len({host_of(self.view.pieces[hit.piece].target) for hit in hits} - {""}) < signal.hosts:
            return []
        if signal.density and not self._dense(signal, hits, scope):
            return []
        if signal.share and 100 * len(hits) < signal.share * self._number(signal, scope):
            return []
        return hits

    def hits(self, sid: int) -> list[Hit]:
        """All hits of a signal that its own modifiers leave, in order of place."""
        if sid not in self._hits:
            signal = self.compiled.signals[sid]
            if signal.matcher in ("terms", "regex"):
                found = self._written(sid, signal)
            else:
                found = {
                    "domains": self._listed,
                    "standing": self._known,
                    "count": self._counted,
                    "ratio": self._counted,
                    "selector": self._selected,
                    "script": self._lettered,
                }[signal.matcher](signal)
            kept = [hit for hit in found if self._placed(signal, hit)]
            self._hits[sid] = sorted(kept, key=lambda hit: (hit.start, hit.end, hit.value))
        return self._hits[sid]

    def _written(self, sid: int, signal: Signal) -> Iterable[Hit]:
        normal = self.view.normal
        circles = self.compiled.circles_of.get(sid, ())
        for term, part, low, high, reading in chain.from_iterable(self._raw.get(number, ()) for number in circles):
            start, end = (low, high) if reading == FOREIGN else normal.origin(low, high)
            if reading != FOREIGN and not self._formed(signal.form, term, low, high, reading):
                continue
            value = term.text if term.kind == "term" else normal.data[low:high].decode("ascii").strip()
            number = self.view.piece_at(start)
            yield Hit(part, number, start, end, value, scope_of(self.view.pieces[number]))

    def _formed(self, form: str, term: Pattern, low: int, high: int, reading: str) -> bool:
        if form == "folded":
            return True
        normal = self.view.normal
        if form == "disguised":
            return normal.disguised(low, high) or reading == LEET
        if term.kind == "regex":
            meant = term.accented
            if reading == LEET or meant is None or normal.plain(low, high).isascii() or normal.disguised(low, high):
                return True
            return meant.search(unicodedata.normalize("NFC", " ".join(normal.plain(low, high).split()))) is not None
        written = normal.plain(low, high)
        if form == "exact":
            return same(written, term.text)
        return written.isascii() or agrees(written, term.text)

    def _pieces(self, signal: Signal) -> Iterable[int]:
        for part in signal.parts:
            yield from self.view.members.get(part, ())

    def _listed(self, signal: Signal) -> Iterable[Hit]:
        lists = self.compiled.ruleset.lists
        known: dict[str, str] = {}
        for number in self._pieces(signal) if any(map(lists.categories.get, signal.values)) else ():
            piece = self.view.pieces[number]
            host = host_of(piece.target or piece.text)
            if host not in known:
                found = (lists.match(host, category) for category in signal.values)
                known[host] = next(filter(None, found), "")
            if known[host]:
                start, end = self.view.piece_text(number)
                yield Hit(piece.part, number, start, end, known[host], scope_of(piece))

    def _known(self, signal: Signal) -> Iterable[Hit]:
        known = self.view.document.known
        wanted = set(signal.values)
        for number in self._pieces(signal) if known else ():
            piece = self.view.pieces[number]
            host = host_of(piece.target or piece.text)
            if not wanted.isdisjoint(known.get(host, ())):
                start, end = self.view.piece_text(number)
                yield Hit(piece.part, number, start, end, host, scope_of(piece))

    def _counted(self, signal: Signal) -> Iterable[Hit]:
        for number in self._pieces(signal):
            piece, start = self.view.pieces[number], self.view.starts[number]
            scope = scope_of(piece)
            if signal.hidden is None or signal.hidden == (scope == HIDDEN):
                yield Hit(piece.part, number, start, start, host_of(piece.target) or piece.text[:60], scope)

    def _selected(self, signal: Signal) -> Iterable[Hit]:
        for hit in self._counted(signal):
            piece = self.view.pieces[hit.piece]
            for selector in signal.values:
                if stands_in(selector, piece.region, piece.where):
                    yield Hit(hit.part, hit.piece, hit.start, hit.end, selector, hit.scope)
                    break

    def _lettered(self, signal: Signal) -> Iterable[Hit]:
        scripts = self.view.normal.scripts
        if scripts is None:
            return
        for number in self._pieces(signal):
            start, end = self.view.piece_text(number)
            part = scripts[start:end]
            if not part.any():
                continue
            for name in signal.values:
                where = (part == SCRIPT_NUMBER[name]).nonzero()[0]
                if len(where):
                    piece, first = self.view.pieces[number], start + int(where[0])
                    yield Hit(piece.part, number, first, first + 1, name, scope_of(piece), len(where))

    def _placed(self, signal: Signal, hit: Hit) -> bool:
        piece = self.view.pieces[hit.piece]
        if signal.hidden is not None and signal.hidden != (hit.scope == "hidden"):
            return False
        if signal.external is not None and signal.external != self.view.external(piece):
            return False
        if signal.reasons and piece.hidden not in signal.reasons and piece.part not in signal.reasons:
            return False
        return not signal.zones or zone(piece.region) in signal.zones

    def _near(self, hits: list[Hit], near: Near, scope: str, wanted: bool) -> list[Hit]:
        """The hits that have (or, with ``wanted`` false, have not) a hit of the other signal close by."""
        others = [hit for hit in self.hits(self.compiled.numbers[near.signal]) if _within(hit, scope)]
        starts = [hit.start for hit in others]
        kept = []
        for hit in hits:
            place = bisect_left(starts, hit.start)
            around = others[max(0, place - 1) : place + 2]
            close = any(o.piece == hit.piece and self._words(hit, o) <= near.words for o in around)
            if close == wanted:
                kept.append(hit)
        return kept

    def _words(self, left: Hit, right: Hit) -> int:
        """Words between two hits, counted by the spaces."""
        if left.start > right.start:
            left, right = right, left
        return self.view.normal.text.count(" ", left.end, right.start) if right.start > left.end else 0

    def _number(self, signal: Signal, scope: str) -> int:
        """How many pieces the parts of a signal have in a scope."""
        return sum(scope_of(self.view.pieces[number]) == scope for number in self._pieces(signal))

    def _dense(self, signal: Signal, hits: list[Hit], scope: str) -> bool:
        text = self.view.normal.text
        total = 0
        for number in self._pieces(signal):
            if scope_of(self.view.pieces[number]) == scope:
                start, end = self.view.piece_text(number)
                total += end - start if signal.matcher == "script" else text.count(" ", start, end) + 1
        return sum(hit.weight for hit in hits) * 1000 >= signal.density * total


def _enough(hits: list[Hit], times: int) -> bool:
    """Whether there are so many hits, or letters; several patterns that fit one place are one hit."""
    if times <= 1 or hits[0].start == hits[0].end or hits[0].weight > 1:
        return sum(hit.weight for hit in hits) >= times
    return len({hit.start for hit in hits}) >= times


def _within(hit: Hit, scope: str) -> bool:
    return hit.scope == scope or (scope == REDIRECTED and hit.scope == PAGE and hit.part in WITH_REDIRECT)

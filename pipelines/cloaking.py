"""What it means that only one view shows something: vectors, confidence, and the suspicion that no rule makes."""

from collections.abc import Iterable

from crawler.items import Evidence, Page, Violation
from crawler.page.difference import Difference
from crawler.page.features import folded, key, shown
from crawler.urls import shape

CLOAKED = "cloaked-content"
WORDS = {
    CLOAKED: {
        "title": "Nội dung chỉ hiện cho máy tìm kiếm hoặc một số người xem",
        "basis": "O2: nội dung bị cài cắm; O7: dấu hiệu trang bị xâm nhập.",
        "remedy": "Xem trang như máy tìm kiếm thấy (bằng chứng nêu rõ cách xem). Nếu nội dung ấy không phải do đơn vị "
        "đăng thì coi là bị xâm nhập: tìm đoạn mã kiểm tra trình duyệt hoặc nguồn truy cập trong tệp cấu hình máy chủ, "
        "giao diện và tiện ích mở rộng; gỡ bỏ, đổi mật khẩu, vá lỗ hổng, rồi yêu cầu máy tìm kiếm cập nhật kết quả.",
    }
}
"""Words for people about findings that come from comparing and not from a rule file, by rule id."""
MAX_QUOTES, MAX_QUOTE = 3, 200
MAX_KEYS = 20


class Known:
    """The violations of a plain fetch, as far as others are compared with them."""

    __slots__ = ("_places", "_quotes")

    def __init__(self, violations: Iterable[Violation]) -> None:
        self._places: set[tuple[str, str, str]] = set()
        self._quotes: dict[tuple[str, str], tuple[str, str]] = {}
        for each in violations:
            self._places.add((each.category, each.vector, each.place))
            for quote in sorted(_quotes(each)):
                self._quotes.setdefault((each.category, quote), (each.vector, each.place))

    def has(self, violation: Violation) -> bool:
        """True for the same category in the same place, or with a quote in common."""
        if (violation.category, violation.vector, violation.place) in self._places:
            return True
        return any((violation.category, quote) in self._quotes for quote in _quotes(violation))

    def adopt(self, violation: Violation) -> None:
        """Let a violation be the one that says the same of the plain page: a browser's document has other regions."""
        if (violation.category, violation.vector, violation.place) in self._places:
            return
        for quote in sorted(_quotes(violation)):
            if known := self._quotes.get((violation.category, quote)):
                violation.vector, violation.place = known
                return


def _quotes(violation: Violation) -> set[str]:
    return {quote for evidence in violation.evidence if (quote := folded(evidence.quote))}


def vector_in(view: str, vector: str, *, is_shell: bool) -> str:
    """The vector of a violation that only ``view`` shows, when it is sure that no plain visit does.

    Search engines and their visitors being shown it means that somebody hides it from all others: planted or
    redirected. Comments may be new since, and stay posted; on phones another page is honest, and so are its links.
    What a script brings in is judged like what the server sends; and when the plain page is a shell that shows nothing
    without its script, what a robot gets may be what browsers show.
    """
    stays = vector in ("posted", "redirected") or view in ("mobile", "rendered") or is_shell
    return vector if stays else "planted"


def recast(violation: Violation, view: str, *, is_shell: bool, is_sure: bool) -> None:
    """Change a violation that only ``view`` shows into what that makes of it.

    Without ``is_sure``, the noise of the page being unknown, only what the rules confirm becomes something else. What
    is hidden from plain visits by the server, and no mere sign of a compromise, is confirmed; scripts hide nothing, and
    what a server puts into the shell for a robot, browsers may well show to everybody.
    """
    for evidence in violation.evidence:
        evidence.where = f"{evidence.where}, only in view {view}".lstrip(", ")
    if not (is_sure or violation.confidence == "confirmed"):
        return
    violation.vector = vector_in(view, violation.vector, is_shell=is_shell)
    shown_to_all = view == "rendered" or (is_shell and violation.vector != "redirected")
    is_hidden = not shown_to_all and violation.vector in ("planted", "redirected")
    if is_hidden and violation.category != "compromise":
        violation.confidence = "confirmed"


def suspicion(page: Page, found: Difference) -> Violation:
    """The violation of a page whose view shows other content than plain visits twice, whatever it says."""
    where = f"only in view {page.view}"
    evidence = [
        Evidence("redirect", url[:MAX_QUOTE], where, url) for url in list(found.redirects.values())[:MAX_QUOTES]
    ]
    if "title" in found.signs:
        evidence.append(Evidence("title", page.title[:MAX_QUOTE], where))
    fresh = [text for text, _ in shown(page) if key(folded(text)) in found.lines]
    longest = sorted(dict.fromkeys(fresh), key=len, reverse=True)[:MAX_QUOTES]
    evidence += [Evidence("text", " ".join(text.split())[:MAX_QUOTE], where) for text in longest]
    return Violation(
        rule=CLOAKED,
        category="compromise",
        vector="redirected" if found.redirects else "planted",
        severity="high",
        confidence="suspected",
        place=f"shape:{shape(page.url)}",
        evidence=evidence,
        keys=[f"host:{name}" for name in sorted({*found.redirects, *found.domains})[:MAX_KEYS]],
    )

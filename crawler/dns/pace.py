"""How fast one name server may be asked: a token bucket that listens to how the server fares; pure."""

from dataclasses import dataclass, field

WINDOW = 200
"""Outcomes after which the pace is judged again."""
UNANSWERED = 0.01
TROUBLED = 0.05
"""Shares of a window above which the pace is halved."""
REGAIN = 1.1
"""Factor of a quiet window: a halved pace needs seven of them to be whole again."""
SLOWEST = 1 / 8
"""Share of the wanted rate below which no trouble slows: loss that stays is not our doing."""
BURST_SECONDS = 0.05


@dataclass(slots=True)
class Pace:
    """``rate`` questions a second at most, 0 for as fast as answers come. Times are seconds of any one clock."""

    rate: float
    now: float = 0.0
    current: float = field(init=False)
    halved: int = field(default=0, init=False)
    _tokens: float = field(default=1.0, init=False)
    _seen: int = field(default=0, init=False)
    _lost: int = field(default=0, init=False)
    _bad: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.current = self.rate

    def take(self, now: float) -> bool:
        """Take the right to ask one question now."""
        if not self.rate:
            return True
        burst = max(1.0, self.current * BURST_SECONDS)
        self._tokens = min(burst, self._tokens + (now - self.now) * self.current)
        self.now = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait(self) -> float:
        """Seconds from the last ``take`` until the next question may be asked."""
        return max(0.0, (1 - self._tokens) / self.current) if self.rate else 0.0

    def heard(self, *, lost: bool = False, troubled: bool = False) -> None:
        """Note how a question fared: ``lost`` unanswered, ``troubled`` SERVFAIL or REFUSED."""
        if not self.rate:
            return
        self._seen += 1
        self._lost += lost
        self._bad += troubled
        if self._lost > max(1.0, WINDOW * UNANSWERED) or self._bad > WINDOW * TROUBLED:
            self._slow()
        elif self._seen >= WINDOW:
            self.current = min(self.rate, self.current * REGAIN)
            self._begin()

    def _slow(self) -> None:
        self.current = max(self.rate * SLOWEST, self.current / 2)
        self.halved += 1
        self._begin()

    def _begin(self) -> None:
        self._seen = self._lost = self._bad = 0

    @property
    def is_limited(self) -> bool:
        """Whether the server has lately been slower than asked for: then a truncated answer is a polite no."""
        return bool(self.rate) and self.current < self.rate

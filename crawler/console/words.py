"""Words for people: the Vietnamese names of what the contract calls by slugs, and lists in arguments."""

from collections.abc import Collection, Mapping

from crawler.errors import BadArgument
from crawler.urls import clean

CATEGORIES: Mapping[str, str] = {
    "gambling": "cờ bạc, cá độ",
    "adult": "khiêu dâm, mại dâm",
    "loans": "tín dụng đen, cho vay trái phép",
    "forged_papers": "làm giấy tờ giả",
    "drugs": "ma túy, thuốc lá điện tử, thuốc cấm",
    "weapons": "vũ khí, pháo nổ",
    "counterfeit": "hàng giả, hàng nhái",
    "superstition": "mê tín dị đoan",
    "piracy": "vi phạm bản quyền",
    "spam_foreign": "quảng cáo rác tiếng nước ngoài",
    "malware": "mã độc",
    "compromise": "trang bị xâm nhập",
}
VECTORS: Mapping[str, str] = {
    "planted": "cài cắm",
    "posted": "đăng tải",
    "redirected": "chuyển hướng",
    "linked": "liên kết",
}
SEVERITIES: Mapping[str, str] = {
    "critical": "rất nghiêm trọng",
    "high": "nghiêm trọng",
    "medium": "trung bình",
    "low": "thấp",
    "info": "thông tin",
}
CONFIDENCES: Mapping[str, str] = {"confirmed": "đã xác nhận", "suspected": "nghi vấn"}
FINDING_STATES: Mapping[str, str] = {
    "open": "đang tồn tại",
    "recurred": "tái diễn",
    "fixed": "đã gỡ",
    "dismissed": "đã loại bỏ",
}
VIEWS: Mapping[str, str] = {
    "plain": "khách thường",
    "search": "khách đến từ trang tìm kiếm",
    "bot": "robot tìm kiếm",
    "mobile": "điện thoại",
    "rendered": "trình duyệt chạy script",
    "repeat": "khách thường, lần hai",
}
"""How a URL is looked at; ``repeat`` only tells what changes by itself."""


def both(slug: str, words: Mapping[str, str]) -> str:
    """``gambling · cờ bạc, cá độ``."""
    return f"{slug} · {words[slug]}" if slug in words else slug


def listed(option: str, text: str | None, allowed: Collection[str] = ()) -> tuple[str, ...]:
    """The values of a comma-separated argument. Raises ``BadArgument`` for one that is not ``allowed``."""
    values = tuple(dict.fromkeys(value.strip() for value in (text or "").split(",") if value.strip()))
    if text is not None and not values:
        raise BadArgument(f"{option}: a value is missing")
    if allowed:
        for value in values:
            if value not in allowed:
                raise BadArgument(f"{option}: {clean(value, 60)!r} is not one of {', '.join(allowed)}")
    return values

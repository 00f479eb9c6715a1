"""Which column of a register holds what: headers in Vietnamese or English, accents optional, any order."""

from collections.abc import Sequence

from crawler.errors import BadRegister
from crawler.register.names import fold

# field -> the header that an export writes, then others under which registers call it
HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("Mã", "mã đơn vị", "mã trường", "mã định danh", "mã số", "unit code", "code", "unit", "id"),
    "name": (
        "Tên đơn vị",
        "tên trường",
        "tên",
        "đơn vị",
        "trường",
        "name",
        "unit name",
        "school",
        "school name",
    ),
    "level": ("Cấp", "cấp học", "bậc học", "loại hình", "loại", "level", "school level"),
    "commune": ("Xã/phường", "xã", "phường", "xã phường thị trấn", "phường xã", "commune", "ward"),
    "district": ("Quận/huyện", "quận", "huyện", "quận huyện cũ", "huyện quận", "district"),
    "websites": (
        "Website",
        "các website",
        "trang web",
        "trang thông tin điện tử",
        "địa chỉ website",
        "địa chỉ trang web",
        "cổng thông tin điện tử",
        "tên miền",
        "websites",
        "web site",
        "web",
        "url",
        "urls",
        "site",
        "sites",
        "domain",
    ),
    "official": (
        "Website chính thức",
        "trang chính thức",
        "trang web chính thức",
        "website chính",
        "official site",
        "official website",
        "official",
    ),
    "phones": (
        "Điện thoại",
        "số điện thoại",
        "đt",
        "sđt",
        "điện thoại liên hệ",
        "phone",
        "phones",
        "telephone",
    ),
    "emails": ("Thư điện tử", "email", "e-mail", "địa chỉ email", "hộp thư", "emails"),
    "contacts": (
        "Người liên hệ",
        "liên hệ",
        "đầu mối",
        "cán bộ phụ trách",
        "hiệu trưởng",
        "contact",
        "contacts",
    ),
    "statements": ("Khai báo", "cam kết", "ghi chú", "nội dung khai báo", "statements", "statement"),
}
REQUIRED = ("code", "name")

_FIELDS = {fold(header): name for name, headers in HEADERS.items() for header in headers}


def recognise(cells: Sequence[str]) -> dict[str, int] | None:
    """field → column index when the row is a header, which means that it names unit code and name; else None.

    Raises ``BadRegister`` when two columns have the same meaning.
    """
    places: dict[str, list[int]] = {}
    for index, text in enumerate(cells):
        name = _FIELDS.get(fold(text))
        if name:
            places.setdefault(name, []).append(index)
    if any(name not in places for name in REQUIRED):
        return None
    for name, indexes in places.items():
        if len(indexes) > 1:
            twins = " and ".join(repr(cells[index].strip()) for index in indexes)
            raise BadRegister(f"the columns {twins} mean the same ({name}); keep one")
    if "websites" not in places and "official" in places:  # a register that knows one website a unit
        places["websites"] = places.pop("official")
    return {name: indexes[0] for name, indexes in places.items()}

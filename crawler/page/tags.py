"""Tag numbers of lexbor by name: comparing numbers is what keeps the walk fast."""

from selectolax.lexbor import LexborHTMLParser

_PARSER = LexborHTMLParser("")


def number(name: str) -> int:
    """lexbor's number of a known tag."""
    return int(_PARSER.create_node(name).tag_id)


def numbers(names: str) -> frozenset[int]:
    """The numbers of several tags, separated by spaces."""
    return frozenset(number(name) for name in names.split())


TEXT = 2
COMMENT = 4
A = number("a")
IMG = number("img")
BR = number("br")
BLOCKS = numbers(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hr legend li main marquee menu nav ol option p pre section "
    "select summary table tbody td textarea tfoot th thead title tr ul noscript iframe"
)
CONTAINERS = numbers("div section ul ol table td form article aside nav header footer main center fieldset dl marquee")
HEADINGS = numbers("h1 h2 h3")
SILENT = numbers("script style iframe noframes noembed title template")
NOSCRIPT = number("noscript")

"""The headers of an answer as pairs, which any process can read."""

from scrapy.http import Response


def pairs_of(response: Response) -> list[tuple[str, str]]:
    """(name, value) of every header, in Latin-1 as HTTP has them; one pair for each value of a repeated header."""
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]

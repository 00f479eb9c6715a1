"""Python's search for cyclic garbage, made fit for a crawl: it took a seventh of the time that pages need."""

import gc

OFTEN = (50_000, 20, 50)
"""Objects that come to be before the young are searched, and how many such searches before the older ones are."""


def settle() -> None:
    """Leave what is there now (modules, rules) out of all searches from here on, and search less often.

    A page is a few thousand objects that reference counts free; what is left in cycles is little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OFTEN)

"""Demo provinces for all tests of this folder, without misbehaving hosts: building one takes half a second."""

import pytest

from crawler.demo import Province


@pytest.fixture(scope="session")
def province() -> Province:
    """Where everybody is shown the same."""
    return Province.build(wild=False, seen=False)


@pytest.fixture(scope="session")
def seen() -> Province:
    """With the schools that do not show everybody the same."""
    return Province.build(wild=False, seen=True)

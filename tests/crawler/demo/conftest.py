"""One demo province, without its misbehaving hosts, for all tests of this folder: building it takes half a second."""

import pytest

from crawler.demo import Province


@pytest.fixture(scope="session")
def province() -> Province:
    return Province.build(wild=False)

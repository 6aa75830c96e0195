"""A host with a plan for the tests that carry one out and take it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.test_change_law import SETUP, Host
from tests.kernel.test_taking_back import Plans


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    host = Host()
    try:
        host.run(SETUP)
        yield Plans(host, tmp_path)
    finally:
        host.close()

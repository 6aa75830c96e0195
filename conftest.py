"""The one option that is read before tests/conftest.py is found: its value looks like a path to collect."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--of", metavar="FILE", help="what is expected of a file below src/hairpin: tests/expected_of.py")

"""Settings of all tests."""

import os
from pathlib import Path
from secrets import randbelow

import pytest
from hypothesis import settings

from tests.needs import is_unit

TESTS = Path(__file__).resolve().parent

# No test has a deadline, since the machine may be busy. In CI, examples are the same in each run.
settings.register_profile("hairpin", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("hairpin")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hunt-seed", type=int, help="of the random networks that walk and kernel are held against")
    parser.addoption("--unit", action="store_true", help="only the tests that need no more than Python: tests/needs.py")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.hunt_seed is None:
        config.option.hunt_seed = randbelow(1 << 32)  # processes that share the tests get it from the first one


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what ``--unit`` does not run, before its file is read."""
    if config.option.unit and not is_unit(collection_path.relative_to(TESTS).as_posix()):
        return True
    return None


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.option.hunt_seed
    return f"hunt seed: {seed} (make fidelity SEED={seed} repeats it)"

"""Settings of all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from hairpin.apply.program import outpost
from tests.needs import is_unit

TESTS = Path(__file__).resolve().parent
HUNT_SEED = 28
"""The seed of all random networks.  A test draws the same each time; the hunts' make targets draw anew."""

# Python's own variables change what a program under test does: PYTHONUNBUFFERED hid an exit status that a machine on
# which nobody has worked showed.
for variable in [each for each in os.environ if each.startswith("PYTHON")]:
    del os.environ[variable]

# No test has a deadline, since the machine may be busy.
settings.register_profile("hairpin", deadline=None, derandomize=True)
settings.load_profile("hairpin")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--hunt-seed", type=int, default=HUNT_SEED, help="of the random networks that walk and kernel are held against"
    )
    parser.addoption("--whole", action="store_true", help="also the cases that are like others: tests/whole.py")
    parser.addoption("--unit", action="store_true", help="only the tests that need no more than Python: tests/needs.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only ``--whole`` runs."""
    if not config.option.whole:
        left = [each for each in items if each.get_closest_marker("whole") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = [each for each in items if each.get_closest_marker("whole") is None]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what ``--unit`` does not run, before its file is read."""
    if config.option.unit and not is_unit(collection_path.relative_to(TESTS).as_posix()):
        return True
    return None


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.option.hunt_seed
    return f"hunt seed: {seed} (make fidelity SEED={seed} repeats it)"


@pytest.fixture(autouse=True)
def _program_for_any_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that carries plans out works for root alone, and its tests for any user."""
    if os.geteuid():
        text = outpost.program().replace(b'[ "$user" = 0 ]', b"true")
        monkeypatch.setattr(outpost, "program", lambda: text)

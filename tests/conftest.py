"""Settings of all tests."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from hairpin.apply.program import outpost
from tests.needs import is_unit
from tools import clock

TESTS = Path(__file__).resolve().parent
HUNT_SEED = 28
"""The seed of all random networks.  A test draws the same each time; the hunts' make targets draw anew."""

# Python's own variables change what a program under test does: PYTHONUNBUFFERED hid an exit status that a machine on
# which nobody has worked showed.
for variable in [each for each in os.environ if each.startswith("PYTHON")]:
    del os.environ[variable]

# No test has a deadline, since the machine may be busy.
settings.register_profile("hairpin", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("whole", deadline=None, derandomize=True)
settings.load_profile("hairpin")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--hunt-seed", type=int, default=HUNT_SEED, help="of the random networks that walk and kernel are held against"
    )
    parser.addoption("--whole", action="store_true", help="also the cases that are like others: tests/whole.py")
    parser.addoption("--unit", action="store_true", help="only the tests that need no more than Python: tests/needs.py")
    parser.addoption("--clock", metavar="TARGET", help="tell at the end what the make target took: tools/clock.py")
    parser.addoption("--started", type=float, default=0.0, help="when the target began, in seconds since 1970")
    parser.addoption("--record", action="store_true", help="write into the page what the target took")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Collect without looking for garbage: what is collected stays to the end of the run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    if config.option.whole:
        settings.load_profile("whole")
    if config.option.of:
        config.pluginmanager.import_plugin("tests.expected_of")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only ``--whole`` runs.  What is expected of a file is all of it."""
    if not config.option.whole and not config.option.of:
        left = [each for each in items if each.get_closest_marker("whole") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = [each for each in items if each.get_closest_marker("whole") is None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config, exitstatus: int) -> None:
    """Tell what the run took.  The runner's own sums stay the last line."""
    if config.option.clock:
        figure = clock.measured(config.option.clock, config.option.started)
        terminalreporter.write_line(clock.told(figure))
        if config.option.record and exitstatus == 0:
            clock.record(figure)


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

"""Lab hosts for tests: one that all tests share and none changes, and as many further ones as a test needs."""

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan


@pytest.fixture(scope="session")
def healthy_lab() -> Generator[Lab]:
    """A lab with one container, ``web``, published on 8151. Tests must not change it."""
    with running_lab(LabPlan()) as lab:
        yield lab


@pytest.fixture
def lab_host() -> Generator[Callable[[LabPlan], Lab]]:
    """Return a function that builds a lab from a plan; the lab ends with the test."""
    with ExitStack() as stack:
        yield lambda plan: stack.enter_context(running_lab(plan))

"""Lab hosts for tests: one that nobody changes and everybody shares, and as many of one's own as needed."""

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan


@pytest.fixture(scope="session")
def healthy_lab() -> Generator[Lab]:
    """A lab with one container, ``web``, published on 8151. Look, do not touch."""
    with running_lab(LabPlan()) as lab:
        yield lab


@pytest.fixture
def lab_host() -> Generator[Callable[[LabPlan], Lab]]:
    """Builds a lab of one's own from a plan; it is gone when the test ends."""
    with ExitStack() as stack:
        yield lambda plan: stack.enter_context(running_lab(plan))

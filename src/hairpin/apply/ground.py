"""The host on which a plan is carried out, and a plan that is on it: ``fixing`` works on several of them.

``program/outpost_ground.py`` is such a host, this one or another.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from hairpin.apply.kept_plan import KeptPlan, PlanState
from hairpin.apply.ready import ReadFile
from hairpin.change.step import Step
from hairpin.message import Message
from hairpin.network.network import Network


class Begun(Protocol):
    """A plan that is on a host, with its undo and its switch."""

    @property
    def plan(self) -> str:
        """Its id in the journal of the host."""
        ...

    @property
    def deadline(self) -> str:
        """When the switch takes the plan back, RFC 3339."""
        ...

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        """Carry these tasks out, up to the first that fails; return its complaint."""
        ...

    def confirm(self) -> Message | None:
        """Tell the switch that all is well, and write what lasts; return why that failed."""
        ...

    def take_back(self, network: Network | None) -> PlanState:
        """Take the plan back; ``network`` None: the hosts cannot be read.  ``open``: the host cannot be reached, so
        its switch does it."""
        ...

    def disown(self) -> None:
        """Write down that nothing of the plan was carried out."""
        ...


Begin = Callable[[KeptPlan, tuple[Step, ...], Network], Begun]
"""Writes the plan down on the host, under its switch.  Raises ApplyError.  The arguments: the plan, the steps of its
tasks with all that they do to the network, and the host before them."""


class Ground(Protocol):
    """One host."""

    @property
    def read(self) -> ReadFile:
        """Reads a file of the host."""
        ...

    def held(self) -> AbstractContextManager[Begin]:
        """Hold the host, so that no other hairpin changes it.  Raises ApplyError."""
        ...

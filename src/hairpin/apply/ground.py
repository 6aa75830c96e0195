"""A host on which a plan is carried out, and the plan in its journal, as ``fixing`` uses them.

``program/outpost_ground.py`` implements both, for this host and for others.
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
    """A plan in a host's journal, with its undo and its switch."""

    @property
    def plan(self) -> str:
        """Its id in the journal of the host."""
        ...

    @property
    def deadline(self) -> str:
        """When the switch takes the plan back, RFC 3339."""
        ...

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        """Carry these tasks out, up to the first that fails; return why that one failed."""
        ...

    def confirm(self) -> Message | None:
        """Disarm the switch, and carry out the lasting tasks; return why that failed."""
        ...

    def take_back(self, network: Network | None) -> PlanState:
        """Take the plan back; ``network`` None: the hosts cannot be read.  Returns ``open`` if the host cannot be
        reached: its switch takes the plan back later."""
        ...

    def disown(self) -> None:
        """Write down that nothing of the plan was carried out."""
        ...


Begin = Callable[[KeptPlan, tuple[Step, ...], Network], Begun]
"""Writes the plan into the host's journal, under its switch.  Raises ApplyError.  The arguments: the plan, the steps of
its tasks with all their changes of the network, and the network before them."""


class Ground(Protocol):
    """One host."""

    @property
    def read(self) -> ReadFile:
        """Reads a file of the host."""
        ...

    def held(self) -> AbstractContextManager[Begin]:
        """Hold the host, so that no other hairpin changes it.  Raises ApplyError."""
        ...

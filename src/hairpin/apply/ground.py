"""The protocols by which ``fixing`` uses a host on which a plan is carried out, and the plan in the host's journal.

``program/outpost_ground.py`` implements both protocols, for this host and for other hosts.
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
    """A plan in a host's journal, with its undo and with the switch that takes it back at its deadline."""

    @property
    def plan(self) -> str:
        """The plan's id in the journal of the host."""
        ...

    @property
    def deadline(self) -> str:
        """The time at which the switch takes the plan back, in RFC 3339."""
        ...

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        """Carry out the tasks with these numbers until one fails; return why it failed, or None."""
        ...

    def confirm(self) -> Message | None:
        """Disarm the switch that takes the plan back, and carry out the lasting tasks; return why this failed, or
        None."""
        ...

    def take_back(self, network: Network | None) -> PlanState:
        """Take the plan back, and return its state.

        ``network`` is None if the hosts cannot be read.  The state is ``open`` if the host cannot be reached; the
        host's switch then takes the plan back at the deadline."""
        ...

    def disown(self) -> None:
        """Record in the host's journal that nothing of the plan was carried out."""
        ...


Begin = Callable[[KeptPlan, tuple[Step, ...], Network], Begun]
"""A function that writes a plan into the host's journal and starts the plan's switch.

The function raises ApplyError if the host refuses the plan.  The function's arguments are the plan, the steps of the
plan's tasks with all their changes of the network, and the network before these steps."""


class Ground(Protocol):
    """A host on which a plan is carried out."""

    @property
    def read(self) -> ReadFile:
        """The function that reads a file of the host."""
        ...

    def held(self) -> AbstractContextManager[Begin]:
        """Lock the host.  While the host is locked, no other process of hairpin changes it.  Raises ApplyError if the
        host is locked."""
        ...

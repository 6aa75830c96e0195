"""The host on which a plan is carried out: this one, with its journal and its switch.

``fixing`` works on several of them; ``remote/ground_there.py`` is another host.
"""

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from hairpin.apply.backups import keep_backups
from hairpin.apply.carrying_out import Carrier, Hands, Told, carry_out_tasks
from hairpin.apply.journal import Journal, Unwritable
from hairpin.apply.made_chains import with_made_chains
from hairpin.apply.ready import ReadFile, read_file, refuse_missing
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import PlanState, Undertaking
from hairpin.carry.run import carry_out
from hairpin.change.step import Step
from hairpin.errors import JournalError
from hairpin.message import Message, message
from hairpin.network.network import Network

_EVERY_S = 0.5


class Ground(Protocol):
    """One host, and the plan that is under way on it."""

    @property
    def plan(self) -> Undertaking: ...

    @property
    def read(self) -> ReadFile:
        """Reads a file of the host."""
        ...

    @property
    def deadline(self) -> str:
        """When the switch takes the plan back, RFC 3339."""
        ...

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the host, so that no other hairpin changes it.  Raises ApplyError."""
        ...

    def begin(self, undertaking: Undertaking, made: tuple[Step, ...], network: Network) -> None:
        """Write the plan down on the host, and start its switch.  Raises ApplyError.

        ``made``: the steps of its tasks with all that they do to the network; ``network``: the host before them."""
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


class Here(msgspec.Struct):
    """This host.  ``arm`` starts the switch for a plan, which takes it back after ``seconds``; ``told`` is told each
    step; ``look`` reads the host; ``carrier`` does the acts of a step."""

    journal: Journal
    arm: Callable[[str, float], None]
    seconds: float
    told: Told
    look: Callable[[], Network]
    carrier: Carrier = carry_out
    plan: Undertaking = Undertaking("", "", "", "")
    deadline: str = ""

    @property
    def read(self) -> ReadFile:
        return read_file

    @contextmanager
    def held(self) -> Generator[None]:
        with self.journal.locked():
            yield

    def begin(self, undertaking: Undertaking, made: tuple[Step, ...], network: Network) -> None:  # noqa: ARG002
        if self.carrier is carry_out:
            refuse_missing(undertaking.tasks)
        self.plan = self.journal.begin(with_made_chains(undertaking, self.carrier))
        with ExitStack() as cleanup:
            cleanup.callback(self.disown)
            keep_backups(self.journal.folder, self.plan, self.carrier)
            self.deadline = time_after(self.seconds)
            self.arm(self.plan.id, self.seconds)
            cleanup.pop_all()

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        try:
            return carry_out_tasks(self.journal, self.plan, numbers, self._hands())
        except JournalError as error:
            return error.said

    def confirm(self) -> Message | None:
        try:
            return confirm(self.journal, self.plan, self._hands())
        except JournalError as error:
            return error.said

    def take_back(self, network: Network | None) -> PlanState:
        if network is None:
            return "open"
        journal, plan, marks = self.journal, self.plan.id, Unwritable(self.journal)
        if not marks.seize(plan):
            while journal.is_watched(plan) and journal.known(plan).state == "ending":
                time.sleep(_EVERY_S)  # the switch takes it back
            ended = journal.known(plan).state
            if ended in ("taken-back", "partly"):
                return ended
        return take_back(marks, journal.known(plan), self._hands(), network)

    def disown(self) -> None:
        self.journal.end(self.plan.id, "taken-back")

    def _hands(self) -> Hands:
        return Hands(self.look, self.told, carrier=self.carrier)


def time_after(seconds: float) -> str:
    """Return the time that many seconds from now, RFC 3339."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def confirm(journal: Journal, plan: Undertaking, hands: Hands) -> Message | None:
    """Tell the switch that all is well, and write what lasts; return why that failed."""
    if not journal.pass_on(plan.id):
        return message("the plan is being taken back by another process")
    lasting = [number for number, each in enumerate(plan.tasks) if each.lasting and each.state == "planned"]
    complaint = carry_out_tasks(journal, plan, lasting, hands)
    if complaint is None:
        journal.end(plan.id, "applied")
    return complaint

"""Another host as the ground of a plan: its steps, its undo and its switch are on that host before the first step."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial

import msgspec

from hairpin.apply.carrying_out import Hands, Told
from hairpin.apply.ground import time_after
from hairpin.apply.journal import Journal
from hairpin.apply.made_chains import with_made_chains
from hairpin.apply.ready import ReadFile
from hairpin.apply.remote.outpost import Outpost
from hairpin.apply.remote.parcel import parcel
from hairpin.apply.remote.plans_there import HOLD_S, PlansThere
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import PlanState, TaskState, Undertaking
from hairpin.change.step import Step
from hairpin.errors import ApplyError, CollectError
from hairpin.message import Message, message, verbatim
from hairpin.network.network import Network

_ENDED_S = 30.0
_LOOK_S = 0.5


class There(msgspec.Struct):
    """The host behind an outpost.  ``seconds``: until its switch takes the plan back; ``told`` is told each step;
    ``copies``: the journal here, which keeps a copy; None: none is kept."""

    outpost: Outpost
    seconds: int
    told: Told
    copies: Journal | None = None
    plan: Undertaking = Undertaking("", "", "", "")
    deadline: str = ""

    @property
    def read(self) -> ReadFile:
        return self.outpost.read

    @property
    def plans(self) -> PlansThere:
        """The journal of that host."""
        return PlansThere(self.outpost)

    @contextmanager
    def held(self) -> Generator[None]:
        """Open an empty plan on the host: its switch holds the host's lock.  Without tasks the plan is dropped.

        A host that is given more time is slow to be read, too, which is done before its tasks arrive."""
        (frame, *_) = self.outpost.ask("begin", str(max(HOLD_S, self.seconds))).frames
        self.plan = Undertaking(frame.fields[0], "", "", "")
        try:
            yield
        finally:
            if not self.plan.tasks:
                with suppress(CollectError):  # then its switch ends it at its deadline
                    self.outpost.ask("drop", self.plan.id)

    def begin(self, undertaking: Undertaking, made: tuple[Step, ...], network: Network) -> None:
        named = msgspec.structs.replace(undertaking, id=self.plan.id)
        plan = with_made_chains(named, partial(self.outpost.carry_out, named.id))
        files = parcel(plan.tasks, made, network)
        files["plan"] = msgspec.json.encode(plan)
        self.outpost.ask("fill", plan.id, str(self.seconds), files=files)
        self.deadline = time_after(self.seconds)
        self.plan = plan
        self._keep_copy()

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        """Carry the tasks out in one request: the program there goes on if the connection breaks."""
        if not numbers:
            return None
        try:
            frames = self.outpost.carry(self.plan.id, numbers).frames
        except (CollectError, ApplyError) as error:
            return error.said
        for frame in frames:
            if frame.word == "ended":
                return message("the plan is being taken back by another process")
            if frame.word == "task":
                number, state, said = frame.fields
                complaint = verbatim(said) if state == "failed" else None
                self._mark(int(number), msgspec.convert(state, TaskState), said)
                self.told(self.plan.tasks[int(number)], complaint)
                if complaint is not None:
                    return complaint
        return None

    def confirm(self) -> Message | None:
        try:
            if not self.plans.pass_on(self.plan.id):
                return message("the plan is being taken back by another process")
            lasting = (number for number, each in enumerate(self.plan.tasks) if each.lasting)
            complaint = self.carry(tuple(number for number in lasting if self.plan.tasks[number].state == "planned"))
            if complaint is None:
                self._end("applied")
        except (CollectError, ApplyError) as error:
            return error.said
        return complaint

    def take_back(self, network: Network | None) -> PlanState:
        """Take the plan back by what was read of the host; its own switch does it where it cannot be reached."""
        if network is None:
            return "open"
        try:
            return taken_back_there(self.outpost, self.plan.id, lambda: network, self.told, self.copies)
        except CollectError:
            return "open"

    def disown(self) -> None:
        self._end("taken-back")

    def _end(self, state: PlanState) -> None:
        self.plans.end(self.plan.id, state)
        self.plan = msgspec.structs.replace(self.plan, state=state)
        self._keep_copy()

    def _mark(self, number: int, state: TaskState, said: str) -> None:
        tasks = list(self.plan.tasks)
        tasks[number] = msgspec.structs.replace(tasks[number], state=state, said=said)
        self.plan = msgspec.structs.replace(self.plan, tasks=tuple(tasks))

    def _keep_copy(self) -> None:
        if self.copies is not None:
            self.copies.keep_copy(self.outpost.destination, self.plan)


def taken_back_there(
    outpost: Outpost, plan: str, look: Callable[[], Network], told: Told, copies: Journal | None
) -> PlanState:
    """Take a plan of that host back, under a switch of its own; return how it then stands.

    Where the host's switch has begun to do so itself, it is waited for."""
    plans = PlansThere(outpost)
    if _once_ended(plans, plan).state != "taken-back":
        plans.end(plan, "ending")
        hands = Hands(look, told, outpost.read, lambda acting: outpost.carry_out(plan, acting))
        take_back(plans, plans.known(plan), hands)
    ended = plans.known(plan)
    if copies is not None:
        copies.keep_copy(outpost.destination, ended)
    return ended.state


def _once_ended(plans: PlansThere, plan: str) -> Undertaking:
    """Return the plan; if its deadline has come, as its switch leaves it."""
    until = time.monotonic() + _ENDED_S
    while True:
        found = plans.standing_of(plan)
        if not found.is_at_its_end or time.monotonic() > until:
            return found.undertaking
        time.sleep(_LOOK_S)

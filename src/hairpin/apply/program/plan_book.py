"""The journal of this host or of another host.  Each call is a request to ``apply.sh`` on the journal's host."""

import os
from collections.abc import Iterator

import msgspec

from hairpin.apply.hands import Told
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, PlanState, StepState
from hairpin.apply.program.frames import AnswerLine, marks
from hairpin.apply.program.outpost import Outpost, as_message
from hairpin.errors import ApplyError
from hairpin.message import Message, message

HOLD_S = 120
"""The time in seconds after which the switch, a process of ``apply.sh``, ends a plan that is being kept or taken
back."""
_SEIZE_S = 300.0
_NOT_ENDED: tuple[PlanState, ...] = ("open", "keeping", "ending")


StepMark = tuple[int, StepState, str]
"""The number of a task, the task's new state, and why the task stays or has failed.

The reason is empty for all other states."""


class PlanStanding(msgspec.Struct, frozen=True):
    """A plan in its host's journal, as the host reports it.

    ``watched``: whether the switch runs that takes the plan back at its deadline.  ``left_s``: the seconds until the
    deadline.  ``in_hand``: the id of the host's process that works on the plan.  The value is ``no`` if no process
    works on the plan, and ``unknown`` if another machine began the plan."""

    kept_plan: KeptPlan
    watched: bool
    left_s: int
    in_hand: str

    @property
    def is_tried(self) -> bool:
        """Whether all steps of the plan except the lasting steps are done, and the plan waits for its confirmation."""
        plan = self.kept_plan
        done = bool(plan.tasks) and all(each.state == "done" for each in plan.tasks if not each.lasting)
        return plan.state == "open" and self.watched and done and not self.is_in_hand

    @property
    def is_in_hand(self) -> bool:
        """Whether another process of the plan's host works on the plan."""
        return self.in_hand.isdecimal() and self.in_hand != str(os.getpid())

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether another machine began the plan."""
        return self.in_hand == "unknown"

    @property
    def is_at_its_end(self) -> bool:
        """Whether the plan's switch is taking the plan back now."""
        return self.watched and self.left_s <= 0 and self.kept_plan.state in ("open", "ending")


class PlanBook(msgspec.Struct, frozen=True):
    """The journal of the host behind an outpost."""

    outpost: Outpost

    def standing(self, *which: str) -> tuple[PlanStanding, ...]:
        """Return the plans in the journal, the newest plan first.

        ``which``: ids or states.  If ``which`` is given, return only plans with one of these ids or states."""
        return standing_in(self.outpost.ask("list", *which).frames)

    def not_ended(self) -> tuple[PlanStanding, ...]:
        """Return the plans that are being worked on or were interrupted."""
        return self.standing(*_NOT_ENDED)

    def mark(self, plan: str, *marks: StepMark) -> None:
        """Write the states of tasks into the journal, in one request.

        If the write fails, a task that was undone stays undone, and the next hairpin command detects it."""
        words = (word for number, state, _ in marks for word in (str(number), state))
        self.outpost.ask("mark", plan, *words, lines=tuple(" ".join(said.split()) for _, _, said in marks))

    def end(self, plan: str, state: PlanState) -> None:
        """Write the plan's state into the journal."""
        self.outpost.ask("move", plan, "any", state)

    def hold(self, plan: str) -> bool:
        """Reserve the plan for this process, and wait for a step that still runs.  Return whether a step still ran.

        A switch, a process on the host, ends the plan if this process does not.  Raises ApplyError if another process
        works on the plan."""
        (held, *_) = self.outpost.ask("hold", plan, str(HOLD_S), self.outpost.carrier).frames
        return held.fields == ("yes",)

    def seize(self, plan: str, *, again: bool = False) -> bool | None:
        """Reserve the plan for this process, which then takes it back.  No other process continues the plan.

        Return whether a step still ran, for which this call waited.  Return None if the plan was already taken back,
        wholly or in part.  ``again``: whether to try again the steps that could not be undone before.  If the plan's
        switch is already taking the plan back, this call waits until the switch has ended."""
        how = ("again",) if again else ()
        words = ("seize", plan, str(HOLD_S), self.outpost.carrier, *how)
        (found, *_) = self.outpost.ask(*words, limit_s=_SEIZE_S).frames
        return None if found.word == "seized" else found.fields == ("yes",)

    def carry(self, plan: KeptPlan, numbers: tuple[int, ...], tell: Told) -> Message | None:
        """Carry out the tasks with these numbers in one request until one fails; return why it failed, or None.
        ``apply.sh`` continues even if the connection breaks."""
        return _complaint(self.outpost.carry(plan.id, numbers).frames, plan, tell) if numbers else None

    def confirm(self, plan: KeptPlan, numbers: tuple[int, ...], tell: Told) -> Message | None:
        """Disarm the plan's switch, and carry out the lasting tasks with these numbers; return why this failed, or
        None.

        The request uses a connection that was made after the last step, which shows that the host is still
        reachable."""
        return _complaint(self.outpost.confirm(plan.id, HOLD_S, numbers).frames, plan, tell)

    def standing_of(self, plan: str) -> PlanStanding:
        """Return the plan with the id ``plan``, as the host reports it.  Raises ApplyError if there is no such plan."""
        found = next(iter(self.standing(plan)), None)
        if found is None and self.outpost.is_here:
            raise ApplyError(message("no plan {plan} in the journal; `hairpin undo --list` names them", plan=plan))
        if found is None:
            raise ApplyError(
                message("no plan {plan} in the journal there; `hairpin undo --list` names them", plan=plan)
            )
        return found

    def known(self, plan: str) -> KeptPlan:
        """Return the plan with the id ``plan``.  Raises ApplyError if there is no such plan."""
        return self.standing_of(plan).kept_plan

    def all(self) -> tuple[KeptPlan, ...]:
        """Return every plan that has tasks, the newest plan first."""
        return tuple(each.kept_plan for each in self.standing() if each.kept_plan.tasks)

    def drop_empty(self) -> None:
        """Drop the plans without tasks, except plans on which another process or machine may still work.

        A plan has no tasks if the process that began it was killed before it sent a task."""
        for each in self.not_ended():
            if not (each.is_in_hand or (each.watched and each.is_from_elsewhere) or each.kept_plan.tasks):
                self.outpost.ask("drop", each.kept_plan.id)

    def last_in_force(self) -> KeptPlan | None:
        """Return the newest plan that can be taken back; None if no plan can be taken back.

        A plan that was taken back in part is returned only if there is no other plan."""
        known = [each for each in self.all() if each.state != "taken-back"]
        return next((each for each in known if each.state != "partly"), known[0] if known else None)


def _complaint(frames: tuple[AnswerLine, ...], plan: KeptPlan, tell: Told) -> Message | None:
    """Call ``tell`` for each task of an answer; return why not all tasks are done."""
    for frame in frames:
        if frame.word == "ended":
            return message("the plan is being taken back by another process")
        if frame.word == "task":
            number, state, said = frame.fields
            complaint = as_message(said) if state == "failed" else None
            tell(plan.tasks[int(number)], complaint)
            if complaint is not None:
                return complaint
    return None


def standing_in(frames: tuple[AnswerLine, ...]) -> tuple[PlanStanding, ...]:
    """Return the plans in an answer to the request ``list``, the newest plan first.  A plan whose files are missing on
    the host has no tasks."""
    return tuple(sorted(_standings(frames), key=lambda each: -int(each.kept_plan.id)))


def _standings(frames: tuple[AnswerLine, ...]) -> Iterator[PlanStanding]:
    for at, frame in enumerate(frames):
        if frame.word != "plan":
            continue
        number, state, watched, left_s, in_hand = frame.fields
        texts: dict[str, bytes] = {}
        for behind in frames[at + 1 :]:
            if behind.word != "bytes":
                break
            texts[behind.fields[0]] = behind.payload or b""
        plan = _kept_plan(texts.get("plan"))
        said = marks(texts.get("journal", b""))
        tasks = tuple(_marked(each, *said.get(at, ("planned", ""))) for at, each in enumerate(plan.tasks))
        made = msgspec.structs.replace(plan, id=number, state=msgspec.convert(state, PlanState), tasks=tasks)
        yield PlanStanding(made, watched == "yes", int(left_s), in_hand)


def _marked(task: PlannedStep, state: StepState, said: str) -> PlannedStep:
    return msgspec.structs.replace(task, state=state, said=said)


def _kept_plan(text: bytes | None) -> KeptPlan:
    if text is None:
        return KeptPlan("", "", "", "")
    try:
        return msgspec.json.decode(text, type=KeptPlan)
    except msgspec.DecodeError as error:
        said = message("another version of hairpin wrote the journal there: {reason}", reason=error)
        raise ApplyError(said) from None

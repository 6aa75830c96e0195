"""The journal of a host, this one or another.  Each call is a request to ``apply.sh`` on that host."""

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
"""The time after which the switch ends a plan that is being kept or taken back."""
_SEIZE_S = 300.0
_NOT_ENDED: tuple[PlanState, ...] = ("open", "keeping", "ending")


StepMark = tuple[int, StepState, str]
"""The number of a task, its new state, and why it stays or has failed (else empty)."""


class PlanStanding(msgspec.Struct, frozen=True):
    """A plan in its host's journal.  ``watched``: its switch runs; ``left_s``: the time until its deadline.
    ``in_hand``: the id of the host's process that works on it, ``no``, or ``unknown``: another machine began it."""

    kept_plan: KeptPlan
    watched: bool
    left_s: int
    in_hand: str

    @property
    def is_tried(self) -> bool:
        """Whether all its steps but the lasting ones are done, and it waits for its confirmation."""
        plan = self.kept_plan
        done = bool(plan.tasks) and all(each.state == "done" for each in plan.tasks if not each.lasting)
        return plan.state == "open" and self.watched and done and not self.is_in_hand

    @property
    def is_in_hand(self) -> bool:
        """Whether another process of its host works on it."""
        return self.in_hand.isdecimal() and self.in_hand != str(os.getpid())

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether another machine began it."""
        return self.in_hand == "unknown"

    @property
    def is_at_its_end(self) -> bool:
        """Whether its switch is taking it back now."""
        return self.watched and self.left_s <= 0 and self.kept_plan.state in ("open", "ending")


class PlanBook(msgspec.Struct, frozen=True):
    """The journal of the host behind an outpost."""

    outpost: Outpost

    def standing(self, *which: str) -> tuple[PlanStanding, ...]:
        """Return the plans, the newest first.  ``which``: ids or states, to return only these."""
        return standing_in(self.outpost.ask("list", *which).frames)

    def not_ended(self) -> tuple[PlanStanding, ...]:
        """Return the plans that are being worked on or were interrupted."""
        return self.standing(*_NOT_ENDED)

    def mark(self, plan: str, *marks: StepMark) -> None:
        """Write the states of tasks into the journal, in one request.  A task is undone even if that fails: the next
        command finds it undone."""
        words = (word for number, state, _ in marks for word in (str(number), state))
        self.outpost.ask("mark", plan, *words, lines=tuple(" ".join(said.split()) for _, _, said in marks))

    def end(self, plan: str, state: PlanState) -> None:
        """Write the plan's state into the journal."""
        self.outpost.ask("move", plan, "any", state)

    def hold(self, plan: str) -> bool:
        """Reserve the plan for this process, under a switch; a step that still runs is awaited.  Return whether there
        was one.  Raises ApplyError if another process works on the plan."""
        (held, *_) = self.outpost.ask("hold", plan, str(HOLD_S), self.outpost.carrier).frames
        return held.fields == ("yes",)

    def seize(self, plan: str, *, again: bool = False) -> bool | None:
        """Reserve the plan for this process to take it back; no other process continues it.  Return whether a running
        step was awaited; None if the plan was already taken back, wholly or in part.  ``again``: steps that stayed are
        tried again.

        If its switch is already taking it back, this call waits for that."""
        how = ("again",) if again else ()
        words = ("seize", plan, str(HOLD_S), self.outpost.carrier, *how)
        (found, *_) = self.outpost.ask(*words, limit_s=_SEIZE_S).frames
        return None if found.word == "seized" else found.fields == ("yes",)

    def carry(self, plan: KeptPlan, numbers: tuple[int, ...], tell: Told) -> Message | None:
        """Carry these tasks out in one request, until one fails; return why it failed.  ``apply.sh`` continues if the
        connection breaks."""
        return _complaint(self.outpost.carry(plan.id, numbers).frames, plan, tell) if numbers else None

    def confirm(self, plan: KeptPlan, numbers: tuple[int, ...], tell: Told) -> Message | None:
        """Disarm the switch over a connection that was made after the last step, and carry out these lasting tasks;
        return why that failed."""
        return _complaint(self.outpost.confirm(plan.id, HOLD_S, numbers).frames, plan, tell)

    def standing_of(self, plan: str) -> PlanStanding:
        """Return the plan of that id.  Raises ApplyError if there is none."""
        found = next(iter(self.standing(plan)), None)
        if found is None and self.outpost.is_here:
            raise ApplyError(message("no plan {plan} in the journal; `hairpin undo --list` names them", plan=plan))
        if found is None:
            raise ApplyError(
                message("no plan {plan} in the journal there; `hairpin undo --list` names them", plan=plan)
            )
        return found

    def known(self, plan: str) -> KeptPlan:
        """Return the plan of that id.  Raises ApplyError if there is none."""
        return self.standing_of(plan).kept_plan

    def all(self) -> tuple[KeptPlan, ...]:
        """Return every plan that has tasks, the newest first."""
        return tuple(each.kept_plan for each in self.standing() if each.kept_plan.tasks)

    def drop_empty(self) -> None:
        """Drop the plans without tasks: the process that began them was killed before it sent any."""
        for each in self.not_ended():
            if not (each.is_in_hand or (each.watched and each.is_from_elsewhere) or each.kept_plan.tasks):
                self.outpost.ask("drop", each.kept_plan.id)

    def last_in_force(self) -> KeptPlan | None:
        """Return the newest plan that can be taken back.  A plan that was taken back in part comes after all others."""
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
    """Return the plans in an answer to ``list``, the newest first.  A plan whose files are missing there has no
    tasks."""
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
        said = message("the journal there is of another version of hairpin: {reason}", reason=error)
        raise ApplyError(said) from None

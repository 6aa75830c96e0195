"""The journal of another host, with the methods of the one here: each call is a request to the program there."""

import msgspec

from hairpin.apply.remote.frames import AnswerLine, marks
from hairpin.apply.remote.outpost import Outpost
from hairpin.apply.task import PlanState, Task, TaskState, Undertaking
from hairpin.errors import ApplyError
from hairpin.message import message

HOLD_S = 120
"""The seconds after which the switch there ends what is being kept, or taken back."""


class StandingThere(msgspec.Struct, frozen=True):
    """A plan as the host has it.  ``watched``: its switch lives; ``left_s``: until its deadline."""

    undertaking: Undertaking
    watched: bool
    left_s: int

    @property
    def is_tried(self) -> bool:
        """Whether all its steps of now are done, and it waits for its confirmation."""
        plan = self.undertaking
        done = bool(plan.tasks) and all(each.state == "done" for each in plan.tasks if not each.lasting)
        return plan.state == "open" and self.watched and done

    @property
    def is_at_its_end(self) -> bool:
        """Whether its switch takes it back at this moment."""
        return self.watched and self.left_s <= 0 and self.undertaking.state in ("open", "ending")


class PlansThere(msgspec.Struct, frozen=True):
    """The journal of the host behind an outpost."""

    outpost: Outpost

    def standing(self) -> tuple[StandingThere, ...]:
        """Return every plan, the newest first."""
        return standing_there(self.outpost.ask("list").frames)

    def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
        self.outpost.ask("mark", plan, str(number), state, lines=(" ".join(said.split()),))

    def start(self, plan: str, number: int) -> bool:
        if self.known(plan).state not in ("open", "keeping"):
            return False
        self.mark(plan, number, "running")
        return True

    def end(self, plan: str, state: PlanState) -> None:
        """Write down how the plan stands.  What is being kept or taken back has a switch, too."""
        if self._move(plan, "any", state) and state in ("ending", "keeping"):
            self.hold(plan)

    def hold(self, plan: str, seconds: int = HOLD_S) -> None:
        """Give the plan's switch this much more time; start one if there is none."""
        self.outpost.ask("hold", plan, str(seconds))

    def seize(self, plan: str) -> bool:
        return self._move(plan, "open", "ending")

    def pass_on(self, plan: str) -> bool:
        """Tell the switch that an open plan is well: over a connection that was made after the last step."""
        if not self._move(plan, "open", "keeping"):
            return False
        self.hold(plan)
        return True

    def _move(self, plan: str, before: str, after: PlanState) -> bool:
        (moved, *_) = self.outpost.ask("move", plan, before, after).frames
        return moved.fields == ("yes",)

    def is_watched(self, plan: str) -> bool:
        return any(each.watched for each in self.standing() if each.undertaking.id == plan)

    def standing_of(self, plan: str) -> StandingThere:
        """Return the plan of that id.  Raises ApplyError if there is none."""
        found = next((each for each in self.standing() if each.undertaking.id == plan), None)
        if found is None:
            raise ApplyError(
                message("no plan {plan} in the journal there; `hairpin undo --list` names them", plan=plan)
            )
        return found

    def known(self, plan: str) -> Undertaking:
        return self.standing_of(plan).undertaking

    def find(self, plan: str) -> Undertaking | None:
        return next((each for each in self.all() if each.id == plan), None)

    def all(self) -> tuple[Undertaking, ...]:
        """Return every plan that has tasks, the newest first."""
        return tuple(each.undertaking for each in self.standing() if each.undertaking.tasks)


def standing_there(frames: tuple[AnswerLine, ...]) -> tuple[StandingThere, ...]:
    """Return the plans of an answer to ``list``, the newest first.  A plan whose files did not arrive has no tasks."""
    found: list[StandingThere] = []
    for at, frame in enumerate(frames):
        if frame.word != "plan":
            continue
        number, state, watched, left_s = frame.fields
        texts: dict[str, bytes] = {}
        for behind in frames[at + 1 :]:
            if behind.word != "bytes":
                break
            texts[behind.fields[0]] = behind.payload or b""
        plan = _undertaking(texts.get("plan"))
        said = marks(texts.get("journal", b""))
        tasks = tuple(_marked(each, *said.get(at, ("planned", ""))) for at, each in enumerate(plan.tasks))
        made = msgspec.structs.replace(plan, id=number, state=msgspec.convert(state, PlanState), tasks=tasks)
        found.append(StandingThere(made, watched == "yes", int(left_s)))
    return tuple(sorted(found, key=lambda each: -int(each.undertaking.id)))


def _marked(task: Task, state: TaskState, said: str) -> Task:
    return msgspec.structs.replace(task, state=state, said=said)


def _undertaking(text: bytes | None) -> Undertaking:
    if text is None:
        return Undertaking("", "", "", "")
    try:
        return msgspec.json.decode(text, type=Undertaking)
    except msgspec.DecodeError as error:
        said = message("the journal there is of another version of hairpin: {reason}", reason=error)
        raise ApplyError(said) from None

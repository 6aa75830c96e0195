"""A plan carried out: kept if the flow passes then, and taken back if it does not, or if something else breaks."""

from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Ground, Here, confirm
from hairpin.apply.journal import Journal
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.apply.ready import ReadFile
from hairpin.apply.task import PlanState, Undertaking
from hairpin.change.step import Step
from hairpin.errors import ApplyError
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from tests.apply.plans import FAULTY, HEALTHY, Recorder, both, hands, plan, untold

SET = "sysctl -w net.ipv4.conf.eth0.forwarding=1"
BACK = "sysctl -w net.ipv4.conf.eth0.forwarding=0"


def nobody_connects(_network: Network, _flow: Flow) -> None:
    return None


def alive(_network: Network) -> None:
    return None


class Case:
    """One plan on a host that is read as ``seen`` says: before it, and then after it."""

    def __init__(self, folder: Path, *seen: Answer, failing: str = "") -> None:
        self.folder = folder
        self.recorder = Recorder(failing=failing)
        self.seen = list(seen)
        self.safe = True
        self.armed: list[str] = []
        self.cut: Callable[[Network], Message | None] = self.cut_unless_safe
        self.arm: Callable[[str, float], None] = self.armed_for

    def look(self) -> Answer:
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    def cut_unless_safe(self, _network: Network) -> Message | None:
        return None if self.safe else message("cut")

    def done(self, made: RepairPlan | None = None, *, later: bool = False) -> tuple[FixOutcome, Undertaking]:
        deed = Deed(self.look, nobody_connects, self.cut)
        with closing(Journal(self.folder)) as journal:
            grounds = self.grounds(journal)
            outcome = apply_plan(made or plan(), grounds, deed, lasting=False, question=(), confirmed_later=later)
            return outcome, journal.known(outcome.plans[0])

    def grounds(self, journal: Journal) -> dict[str, Ground]:
        here = Here(journal, self.arm, 60.0, untold, lambda: self.look().network, self.recorder)
        return {FAULTY.network.this.name: here}

    def armed_for(self, plan: str, _seconds: float) -> None:
        self.armed.append(plan)


def test_it_is_verified_on_fresh_evidence_and_stays(tmp_path: Path) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)
    outcome, known = case.done()
    assert outcome.is_well
    assert {(each.before, each.after) for each in outcome.results} >= {("dropped", "delivered")}
    assert case.recorder.lines == [SET]
    assert case.armed == [known.id]
    assert (known.state, known.tasks[0].state) == ("applied", "done")


def test_it_is_taken_back_if_the_flow_still_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hairpin.apply.fixing._PATIENCE_S", 0)
    wrong = both()  # the other repair is not carried out by the recorder, nor seen
    case = Case(tmp_path, wrong.answer, FAULTY, HEALTHY)
    outcome, known = case.done(wrong)
    assert "does not pass after it" in str(outcome.complaint)
    assert BACK in case.recorder.lines
    assert known.state in ("taken-back", "partly")


def test_it_is_taken_back_if_a_step_fails(tmp_path: Path) -> None:
    case = Case(tmp_path, FAULTY, FAULTY, failing="forwarding=1")
    outcome, known = case.done()
    assert str(outcome.complaint) == "sysctl ended with status 1"
    assert known.state == "taken-back"


def test_it_is_taken_back_if_the_users_own_way_in_is_cut(tmp_path: Path) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)
    case.safe = False
    outcome, known = case.done()
    assert (str(outcome.complaint), outcome.left) == ("cut", False)
    assert case.recorder.lines == [SET, BACK]
    assert known.state == "taken-back"


@pytest.mark.parametrize("state", ("taken-back", "partly"))
def test_what_the_switch_takes_back_is_left_to_it(tmp_path: Path, state: PlanState) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)

    def cut(_network: Network) -> Message:
        with closing(Journal(tmp_path)) as journal:
            (open_one,) = journal.all()
            assert journal.seize(open_one.id)
            journal.end(open_one.id, state)
        return message("cut")

    case.cut = cut
    outcome, known = case.done()
    assert (outcome.stays, outcome.left, known.state) == (False, state == "partly", state)
    assert case.recorder.lines == [SET]


def test_what_is_tried_waits_for_its_confirmation(tmp_path: Path) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)
    outcome, known = case.done(later=True)
    assert (outcome.complaint, known.state) == (None, "open")
    with closing(Journal(tmp_path)) as journal:
        assert confirm(journal, known, hands(case.recorder)) is None
        assert journal.known(known.id).state == "applied"
        assert str(confirm(journal, known, hands(case.recorder))).startswith("the plan is being taken back")


@pytest.mark.parametrize("ending", (KeyboardInterrupt, SystemExit))
def test_an_interrupt_takes_all_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)

    looks = iter((FAULTY, None, HEALTHY))

    def look() -> Answer:
        found = next(looks)
        if found is None:
            raise ending
        return found

    monkeypatch.setattr(case, "look", look)
    with pytest.raises(ending):
        case.done()
    assert case.recorder.lines == [SET, BACK]


def test_nothing_begins_without_the_switch(tmp_path: Path) -> None:
    case = Case(tmp_path, FAULTY, HEALTHY)

    def no_switch(_plan: str, _seconds: float) -> None:
        raise ApplyError("no switch")

    case.arm = no_switch
    deed = Deed(case.look, nobody_connects, alive)
    with closing(Journal(tmp_path)) as journal:
        with pytest.raises(ApplyError, match="no switch"):
            apply_plan(plan(), case.grounds(journal), deed, lasting=False, question=())
        assert journal.all()[0].state == "taken-back"
    assert case.recorder.lines == []


class Stage:
    """A ground on which nothing is done, and which remembers what it was asked for.  ``fails``: what does not work."""

    def __init__(self, host: str, said: list[str], *fails: str) -> None:
        self.host = host
        self.said = said
        self.fails = fails
        self.plan = Undertaking("", "", "", "")
        self.deadline = "2026-01-01T00:02:00Z"

    @property
    def read(self) -> ReadFile:
        return lambda _path: None

    @contextmanager
    def held(self) -> Generator[None]:
        self.refuse("held")
        try:
            yield
        finally:
            self.said.append(f"{self.host} left")

    def refuse(self, what: str) -> None:
        self.said.append(f"{self.host} {what}")
        if what in self.fails:
            raise ApplyError(f"{self.host}: no {what}")

    def begin(self, undertaking: Undertaking, made: tuple[Step, ...], network: Network) -> None:
        self.refuse("begin")
        assert len(made) == len(undertaking.tasks)
        self.plan = msgspec.structs.replace(undertaking, id=f"{self.host}-1")

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        self.said.append(f"{self.host} carry {numbers}")
        return message("it breaks") if "carry" in self.fails else None

    def confirm(self) -> Message | None:
        self.said.append(f"{self.host} confirm")
        return message("not told") if "confirm" in self.fails else None

    def take_back(self, network: Network | None) -> PlanState:
        self.said.append(f"{self.host} back")
        return "open" if network is None or "back" in self.fails else "taken-back"

    def disown(self) -> None:
        self.said.append(f"{self.host} disown")


def of_two_hosts() -> tuple[RepairPlan, Answer]:
    """Return the plan with a repair on each of two hosts, and what is seen after it."""
    one = plan()
    other = msgspec.structs.replace(FAULTY.network.this, name="other", namespaces=())
    network = msgspec.structs.replace(FAULTY.network, hosts=(*FAULTY.network.hosts, other))
    second = msgspec.structs.replace(
        one.repairs[0], host="other", remedy=msgspec.structs.replace(one.repairs[0].remedy, steps=(), keeping=())
    )
    seen = msgspec.structs.replace(HEALTHY, network=msgspec.structs.replace(HEALTHY.network, hosts=(
        *HEALTHY.network.hosts, other)))  # fmt: skip
    answer = msgspec.structs.replace(one.answer, network=network)
    return msgspec.structs.replace(one, answer=answer, repairs=(*one.repairs, second)), seen


def staged(*fails: str) -> tuple[FixOutcome | ApplyError, list[str]]:
    """Carry the plan of two hosts out; ``fails``: what does not work on the second one."""
    made, seen = of_two_hosts()
    first, said = FAULTY.network.this.name, list[str]()
    grounds = {first: Stage("one", said), "other": Stage("other", said, *fails)}
    looks = iter((made.answer, *(seen,) * 9))
    deed = Deed(lambda: next(looks), nobody_connects, alive)
    try:
        return apply_plan(made, grounds, deed, lasting=False, question=()), said
    except ApplyError as error:
        return error, said


def test_all_hosts_have_the_plan_before_the_first_step() -> None:
    outcome, said = staged()
    assert isinstance(outcome, FixOutcome)
    assert (outcome.is_well, outcome.plans) == (True, ("one-1", "other-1"))
    assert said == ["one held", "other held", "one begin", "other begin", "one carry (0,)", "other carry ()",
                    "one confirm", "other confirm", "other left", "one left"]  # fmt: skip


@pytest.mark.parametrize("refused", ("held", "begin"))
def test_nothing_is_done_on_any_host_if_one_refuses(refused: str) -> None:
    error, said = staged(refused)
    assert str(error) == f"other: no {refused}"
    assert not any("carry" in each for each in said)
    assert ("one disown" in said) == (refused == "begin")
    assert said[-1] == "one left"


@pytest.mark.parametrize("failing", ("carry", "confirm"))
def test_all_hosts_are_taken_back_if_one_fails(failing: str) -> None:
    outcome, said = staged(failing)
    assert isinstance(outcome, FixOutcome)
    assert (outcome.stays, outcome.left, outcome.late) == (False, False, ())
    assert said[-4:] == ["other back", "one back", "other left", "one left"]


def test_a_host_that_is_not_reached_is_named_with_its_deadline() -> None:
    outcome, _ = staged("carry", "back")
    assert isinstance(outcome, FixOutcome)
    assert outcome.late == (("other", "2026-01-01T00:02:00Z"),)

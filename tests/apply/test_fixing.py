"""A plan carried out: kept if the flow passes then, and taken back if it does not, or if something else breaks."""

from contextlib import closing
from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.apply.fixing import Deed, apply_plan
from hairpin.apply.ground import Ground, Here, confirm
from hairpin.apply.journal import Journal
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.apply.task import PlanState, Undertaking
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

    def look(self) -> Answer:
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    def cut(self, _network: Network) -> Message | None:
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

    def arm(self, plan: str, _seconds: float) -> None:
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

    case.cut = cut  # type: ignore[method-assign]
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

    case.arm = no_switch  # type: ignore[method-assign, assignment]
    deed = Deed(case.look, nobody_connects, alive)
    with closing(Journal(tmp_path)) as journal:
        with pytest.raises(ApplyError, match="no switch"):
            apply_plan(plan(), case.grounds(journal), deed, lasting=False, question=())
        assert journal.all()[0].state == "taken-back"
    assert case.recorder.lines == []

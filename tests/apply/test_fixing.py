"""A plan carried out: kept if the flow passes then, and taken back if it does not, or if something else breaks."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from hairpin.answer.answer import Answer
from hairpin.apply.fixing import Verifier, apply_plan
from hairpin.apply.ground import Begin
from hairpin.apply.kept_plan import KeptPlan, PlanState
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import RepairPlan
from hairpin.apply.program import outpost as outpost_module
from hairpin.apply.program.outpost import here
from hairpin.apply.program.outpost_ground import BegunPlan, OutpostGround
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.ready import ReadFile
from hairpin.change.calls import Unban
from hairpin.change.step import Ask, Step
from hairpin.errors import ApplyError
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy
from tests.apply.plans import FAR_S, FAULTY, HEALTHY, both, plan, stubbed, untold
from tests.report.answers import USER_DROPS, answer

SET = "sysctl -w net.ipv4.conf.eth0.forwarding=1"
BACK = "sysctl -w net.ipv4.conf.eth0.forwarding=0"


def nobody_connects(_network: Network, _flow: Flow) -> None:
    return None


def alive(_network: Network) -> None:
    return None


class Case:
    """One plan on a host that is read as ``seen`` says: before it, and then after it.  Its sysctl does nothing."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *seen: Answer, failing: str = "") -> None:
        self.book = PlanBook(here(folder / "journal"))
        self.folder = folder
        self.seen = list(seen)
        self.safe = True
        self.patience_s = 6.0
        self.cut: Callable[[Network], Message | None] = self.cut_unless_safe
        text = stubbed(folder, failing=failing)
        monkeypatch.setattr(outpost_module, "program", lambda: text)

    def look(self) -> Answer:
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]

    def cut_unless_safe(self, _network: Network) -> Message | None:
        return None if self.safe else message("cut")

    def done(self, made: RepairPlan | None = None, *, later: bool = False) -> tuple[FixOutcome, KeptPlan]:
        verifier = Verifier(self.look, nobody_connects, self.cut, patience_s=self.patience_s)
        grounds = {FAULTY.network.this.name: self.ground()}
        outcome = apply_plan(made or plan(), grounds, verifier, lasting=False, question=(), confirmed_later=later)
        return outcome, self.book.known(outcome.plans[0])

    def ground(self) -> OutpostGround:
        return OutpostGround(self.book.outpost, FAR_S, untold, lambda: self.look().network)

    @property
    def lines(self) -> list[str]:
        """The commands that were run."""
        file = self.folder / "lines"
        return file.read_text("utf-8").splitlines() if file.exists() else []


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Case]:
    return partial(Case, tmp_path, monkeypatch)


def test_it_is_verified_on_fresh_evidence_and_stays(case: Callable[..., Case]) -> None:
    one = case(FAULTY, HEALTHY)
    outcome, known = one.done()
    assert outcome.is_well
    assert {(each.before, each.after) for each in outcome.results} >= {("dropped", "delivered")}
    assert one.lines == [SET]
    assert (known.state, known.tasks[0].state) == ("applied", "done")


def test_it_is_taken_back_if_the_flow_still_fails(case: Callable[..., Case]) -> None:
    one = case(FAULTY, FAULTY, HEALTHY)  # by the first reading after it
    one.patience_s = 0.0
    outcome, known = one.done()
    assert "does not pass after the repair" in str(outcome.complaint)
    assert BACK in one.lines
    assert known.state == "taken-back"


def test_it_is_taken_back_if_it_was_chosen_and_helps_no_asked_flow(case: Callable[..., Case]) -> None:
    """The plan itself says that no flow passes after this repair alone, so no flow breaks its word."""
    whole = both().answer
    by_hand = Remedy("by-hand", (), advice=(message("do it"),))
    causes = tuple(
        replace(each, remedies=(by_hand,)) if each.id == "docker-user-drops" else each for each in whole.causes
    )
    alone = plan("interface-forwarding-off", of=replace(whole, causes=causes))
    outcome, known = case(whole, answer(USER_DROPS)).done(alone)
    assert str(outcome.complaint) == "the repair did not help: each asked flow that failed before it still fails"
    assert known.state == "taken-back"


def test_it_is_taken_back_if_a_step_fails(case: Callable[..., Case]) -> None:
    outcome, known = case(FAULTY, FAULTY, failing="forwarding=1").done()
    assert outcome.complaint == message("{program} ended with status {status}", program="sysctl", status=1)
    assert known.state == "taken-back"


def test_it_is_taken_back_if_the_users_own_way_in_is_cut(case: Callable[..., Case]) -> None:
    one = case(FAULTY, HEALTHY)
    one.safe = False
    outcome, known = one.done()
    assert (str(outcome.complaint), outcome.left) == ("cut", False)
    assert one.lines == [SET, BACK]
    assert known.state == "taken-back"


@pytest.mark.parametrize("state", ("taken-back", "partly"))
def test_what_the_switch_takes_back_is_left_to_it(case: Callable[..., Case], state: PlanState) -> None:
    one = case(FAULTY, HEALTHY)

    def cut(_network: Network) -> Message:
        (open_one,) = one.book.all()
        assert open_one.state == "open"
        one.book.end(open_one.id, state)
        return message("cut")

    one.cut = cut
    outcome, known = one.done()
    assert (outcome.stays, outcome.left, known.state) == (False, state == "partly", state)
    assert one.lines == [SET]


def test_what_is_tried_waits_for_its_confirmation(case: Callable[..., Case]) -> None:
    one = case(FAULTY, HEALTHY)
    outcome, known = one.done(later=True)
    assert (outcome.complaint, known.state) == (None, "open")
    assert one.book.standing_of(known.id).watched
    tried = BegunPlan(one.ground(), known, "")
    assert tried.confirm() is None
    assert one.book.known(known.id).state == "applied"
    assert str(tried.confirm()).startswith("the plan is being taken back")


@pytest.mark.parametrize("ending", (KeyboardInterrupt, SystemExit))
def test_an_interrupt_takes_all_back(
    case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    one = case()
    looks = iter((FAULTY, None, HEALTHY))

    def look() -> Answer:
        found = next(looks)
        if found is None:
            raise ending
        return found

    monkeypatch.setattr(one, "look", look)
    with pytest.raises(ending):
        one.done()
    assert one.lines == [SET, BACK]


def test_nothing_begins_without_the_switch(case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(FAULTY, HEALTHY)
    text = outpost_module.program().replace(b"\nstart_keeper() {", b"\nstart_keeper() { return 1")
    monkeypatch.setattr(outpost_module, "program", lambda: text)
    with pytest.raises(ApplyError, match="another hairpin"):
        one.done()
    assert one.book.standing() == ()
    assert one.lines == []


def test_a_program_that_is_not_installed_refuses_the_plan(case: Callable[..., Case]) -> None:
    one = case(FAULTY, HEALTHY)
    unban = Ask(host=FAULTY.network.this.name, call=Unban("cscli", "", "203.0.113.9"))
    made = plan()
    (repair,) = made.repairs
    remedy = replace(repair.remedy, steps=(*repair.remedy.steps, unban))
    made = replace(made, repairs=(replace(repair, remedy=remedy),))
    with pytest.raises(ApplyError, match=r"^cscli is not installed, so nothing was done$"):
        one.done(made)
    assert one.book.standing() == ()
    assert one.lines == []


class Stage:
    """A ground on which nothing is done, and which remembers what it was asked for.  ``fails``: what does not work."""

    def __init__(self, host: str, said: list[str], *fails: str) -> None:
        self.host = host
        self.said = said
        self.fails = fails
        self.plan = f"{host}-1"
        self.deadline = "2026-01-01T00:02:00Z"

    @property
    def read(self) -> ReadFile:
        return lambda _path: None

    @contextmanager
    def held(self) -> Generator[Begin]:
        self.refuse("held")
        try:
            yield self.begin
        finally:
            self.said.append(f"{self.host} left")

    def refuse(self, what: str) -> None:
        self.said.append(f"{self.host} {what}")
        if what in self.fails:
            raise ApplyError(f"{self.host}: no {what}")

    def begin(self, kept_plan: KeptPlan, made: tuple[Step, ...], network: Network) -> "Stage":
        self.refuse("begin")
        assert len(made) == len(kept_plan.tasks)
        assert network.this.name == kept_plan.host
        return self

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
    other = replace(FAULTY.network.this, name="other", namespaces=())
    network = replace(FAULTY.network, hosts=(*FAULTY.network.hosts, other))
    second = replace(one.repairs[0], host="other", remedy=replace(one.repairs[0].remedy, steps=(), keeping=()))
    seen = replace(HEALTHY, network=replace(HEALTHY.network, hosts=(
        *HEALTHY.network.hosts, other)))  # fmt: skip
    answer = replace(one.answer, network=network)
    return replace(one, answer=answer, repairs=(*one.repairs, second)), seen


def staged(*fails: str) -> tuple[FixOutcome | ApplyError, list[str]]:
    """Carry the plan of two hosts out; ``fails``: what does not work on the second one."""
    made, seen = of_two_hosts()
    first, said = FAULTY.network.this.name, list[str]()
    grounds = {first: Stage("one", said), "other": Stage("other", said, *fails)}
    looks = iter((made.answer, *(seen,) * 9))
    verifier = Verifier(lambda: next(looks), nobody_connects, alive)
    try:
        return apply_plan(made, grounds, verifier, lasting=False, question=()), said
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

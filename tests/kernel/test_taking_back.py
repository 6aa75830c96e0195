"""A plan that is killed at any moment is taken back whole by the next process, in a real network namespace (root).

The process that carries it out, or takes it back, is forked and ends itself by SIGKILL between two acts, between an
act and its mark, or before a mark.
"""

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hairpin.apply.ground import Begun
from hairpin.apply.hands import Hands, hands_for
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, StepState
from hairpin.apply.program import outpost, plan_book
from hairpin.apply.program.outpost import Outpost
from hairpin.apply.program.outpost_ground import OutpostGround, plan_taken_back
from hairpin.apply.program.plan_book import PlanBook
from hairpin.apply.ready import read_file
from hairpin.apply.taking_back import settle, take_back
from hairpin.carry.act import FileState
from hairpin.change.change import AddChain, AddEntry, Change, Primitive, SetLink, SetSysctl, WriteFile
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import ReplaceFile, with_file_modes
from hairpin.change.steps import steps
from hairpin.collect.run import LocalRunner
from hairpin.message import Message
from hairpin.network.network import Network
from tests.apply.plans import FAR_S, begun, hands
from tests.kernel.test_change_law import HOST_NETNS, VIA, Host, address, insertion, link, new_route, up
from tests.kills.program import KILL_BOTH, Moments
from tests.waiting import wait_until
from tests.whole import WHOLE


def parts(network: Network, file: Path) -> tuple[tuple[Primitive, ...], ...]:
    """Return the plan: a sysctl, a chain with rules, an address, a link, a route, and a file that keeps it."""
    namespace = network.namespace(HOST_NETNS)
    return (
        (SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1"),),
        (
            AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "HAIRPIN"),
            insertion("iptables-nft", "HAIRPIN", None),
            insertion("iptables-nft", "FORWARD", 1),
        ),
        (address("br0", "10.7.0.9", 24),),
        (up(namespace, "br1", carrier=True),),
        (AddEntry(HOST_NETNS, new_route("10.99.0.0/16", next_hops=(VIA,))),),
        (WriteFile(network.this.name, str(file), "net.ipv4.ip_forward = 1\n"),),
    )


class Killing:
    """Ends the process at the moment of that number, while it takes back: before or after an act, a mark or the end."""

    def __init__(self, at: int = 10**6) -> None:
        self.left = at

    def moment(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self.moment()
            found = call(*arguments, **named)
            self.moment()
            return found

        return watched


class Plans:
    """One host, one plan, and the journal in which it is begun anew for each moment."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.file = folder / "60-own.conf"
        self.before = host.network()
        self.tasks = tuple(self._tasks())
        (folder / "journal").mkdir(mode=0o700)
        self.outpost = Outpost(LocalRunner((*host.enter, "sh")), "", str(folder / "journal"))
        self.book = PlanBook(self.outpost)

    def _tasks(self) -> Iterator[PlannedStep]:
        network = self.before
        for some in parts(network, self.file):
            change = Change(some)
            made = with_file_modes(steps(change, network), read_file)
            yield from (PlannedStep("own", each, lasting=isinstance(some[0], WriteFile)) for each in made)
            network = simulate(change, network)

    def ground(self, seconds: int = FAR_S) -> OutpostGround:
        return OutpostGround(self.outpost, seconds, untold, self.host.network)

    @contextmanager
    def begun(self, tasks: tuple[PlannedStep, ...] = (), seconds: int = FAR_S) -> Generator[Begun]:
        """Begin the plan, or one of these tasks."""
        tasks = tasks or self.tasks
        with self.ground(seconds).held() as begin:
            this = self.before.this
            plan = KeptPlan("", this.name, this.boot_id or "", "2026-01-01T00:00:00Z", tasks=tasks)
            yield begin(plan, tuple(each.step for each in tasks), self.before)

    @property
    def of_now(self) -> tuple[int, ...]:
        return tuple(number for number, each in enumerate(self.tasks) if not each.lasting)

    def hands(self, plan: str) -> Hands:
        return hands_for(self.outpost, plan, self.host.network, untold)

    def undo(self, plan: str) -> KeptPlan:
        return plan_taken_back(self.ground(), plan, again=True)

    def killed_at(self, moment: int, *, taking_back: bool) -> bool:
        """Let a process of its own be killed at the moment; return whether it came that far."""
        child = os.fork()
        if not child:
            ended = 1
            try:
                self._in_child(moment, taking_back=taking_back)
                ended = 0
            finally:
                os._exit(ended)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or status == 0, f"at moment {moment}"
        return os.WIFSIGNALED(status)

    def _in_child(self, moment: int, *, taking_back: bool) -> None:
        """Carry the plan out and keep it; the program kills itself and this process, or, while it is taken back, this
        process does so itself."""
        moments = Moments(self.folder, KILL_BOTH)
        moments.at(-1 if taking_back else moment)
        text = moments.program()
        with self.begun() as plan:
            setattr(outpost, "program", lambda: text)  # noqa: B010
            assert plan.carry(self.of_now) is None
            assert plan.confirm() is None
        if taking_back:
            killing = Killing(moment)
            for owner, name in ((Outpost, "_do"), (PlanBook, "mark"), (PlanBook, "end")):
                setattr(owner, name, killing.around(getattr(owner, name)))
            self.undo(plan.plan)

    def settled(self) -> None:
        """Settle what was left, as the next command does, and see that the host is as it was."""
        for plan in self.book.not_ended():
            assert settle(self.book, plan.kept_plan, self.hands(plan.kept_plan.id)) in ("taken-back", "applied")
        assert self.book.not_ended() == ()
        for each in self.book.standing("applied"):
            assert self.undo(each.kept_plan.id).state == "taken-back"
        assert all(each.kept_plan.state == "taken-back" for each in self.book.standing())
        self.host.settled(self.before)
        assert not self.file.exists()


def untold(_task: PlannedStep, _said: Message | None) -> None:
    return None


@WHOLE
@pytest.mark.parametrize("taking_back", (False, True), ids=["carrying out", "taking back"])
def test_a_plan_that_is_killed_is_taken_back_whole(plans: Plans, *, taking_back: bool) -> None:
    step = 5 if taking_back else 19  # a stride that meets each kind of moment: no kind of task has a multiple of it
    moment = 0
    while plans.killed_at(moment, taking_back=taking_back):
        plans.settled()
        moment += step
    assert moment > 3 * step
    plans.settled()


def test_a_rule_that_moved_is_taken_back_and_another_ones_change_is_left(plans: Plans) -> None:
    with plans.begun() as plan:
        assert plan.carry(plans.of_now) is None
        assert plan.confirm() is None
    plans.host.run("iptables-nft -I FORWARD 1 -m mark --mark 0x9 -j ACCEPT; ip route del 10.99.0.0/16")
    plans.file.write_text("net.ipv4.ip_forward = 1\nmine = 1\n", "utf-8")
    ended = plans.undo(plan.plan)
    assert ended.state == "partly"
    states = [each.state for each in ended.tasks]
    assert states == ["taken-back", "taken-back", "taken-back", "taken-back", "gone", "stays"]
    plans.host.run("iptables-nft -D FORWARD 1")
    plans.host.settled(plans.before)
    assert plans.file.read_text("utf-8").endswith("mine = 1\n")


@pytest.mark.parametrize("state", ("running", "done"))
def test_what_a_killed_writer_has_left_beside_a_file_goes(state: StepState, tmp_path: Path) -> None:
    """It was killed before the file was another one; of a step that is done, nobody wrote any more."""
    path, left = tmp_path / "a.conf", tmp_path / ".a.conf.hairpin-new"
    path.write_text("one\n", "utf-8")
    left.write_text("tw", "utf-8")
    before = read_file(str(path))
    assert before is not None
    after = FileState("two\n", before.mode, before.uid, before.gid)
    undo = (ReplaceFile(host="host", path=str(path), before=after, after=before, undo=()),)
    step = ReplaceFile(host="host", path=str(path), before=before, after=after, undo=undo)
    book, plan = begun(tmp_path / "journal", (PlannedStep("own", step, state=state),))
    assert take_back(book, plan, hands()) == "taken-back"
    assert path.read_text("utf-8") == "one\n"
    assert left.exists() is (state == "done")


@pytest.mark.parametrize("meanwhile", ("", "-A PREROUTING -j ACCEPT", "-P PREROUTING DROP"))
def test_an_empty_chain_of_iptables_goes_with_the_rule_that_needed_it(plans: Plans, meanwhile: str) -> None:
    """It is not taken away if somebody else uses it by now."""
    plans.host.run("iptables-nft -t mangle -A OUTPUT -j ACCEPT")
    made = steps(Change((insertion("iptables-nft", "PREROUTING", 1, table="mangle"),)), plans.host.network())
    tasks = tuple(PlannedStep("own", each) for each in made)
    with plans.begun(tasks) as plan:
        assert plan.carry(tuple(range(len(tasks)))) is None
        assert plan.confirm() is None
    plans.host.run(f"nft list chain ip mangle PREROUTING; iptables-nft -t mangle {meanwhile or '-L'}")
    assert plans.undo(plan.plan).state == "taken-back"
    plans.host.run(f"{'' if meanwhile else '!'} nft list chain ip mangle PREROUTING; nft list chain ip mangle OUTPUT")


@pytest.mark.parametrize("rebooted", (True, False))
def test_a_reboot_takes_back_two_steps_that_changed_one_link(plans: Plans, *, rebooted: bool) -> None:
    """The second step expects what the first one has made, which is gone as well."""
    before = plans.host.network()
    namespace = before.namespace(HOST_NETNS)
    changed = msgspec.structs.replace(link(namespace, "u0"), mtu_bytes=1400)
    downed = msgspec.structs.replace(changed, up=False, carrier=False)
    tasks: list[PlannedStep] = []
    network = before
    for each in (changed, downed):
        change = Change((SetLink(HOST_NETNS, each),))
        tasks += (PlannedStep("own", step, state="done") for step in steps(change, network))
        network = simulate(change, network)
    boot_id = "another" if rebooted else before.this.boot_id or ""
    book, made = begun(plans.folder / "journal", tuple(tasks))
    ended = take_back(book, msgspec.structs.replace(made, boot_id=boot_id), plans.hands(made.id))
    states = [each.state for each in book.known(made.id).tasks]
    assert (ended, states) == (("taken-back", ["gone", "gone"]) if rebooted else ("partly", ["gone", "stays"]))
    plans.host.settled(before)


def test_what_a_killed_process_was_taking_back_its_switch_takes_back_before_its_deadline(
    plans: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_book, "HOLD_S", FAR_S)
    assert plans.killed_at(7, taking_back=True)
    assert wait_until(lambda: not plans.book.not_ended())
    plans.settled()

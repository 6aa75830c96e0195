"""Plans on another host: the shell program carries them out and takes them back in a real network namespace (root).

The "other host" is a namespace, its ssh a shell in it.  A process that is killed ends itself by SIGKILL, which a line
put into the program does: before a mark, behind it, before an act, behind it.
"""

import fcntl
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from hairpin.apply.ground import Begun
from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.apply.program import outpost as outpost_module
from hairpin.apply.program.outpost import Outpost, program
from hairpin.apply.program.outpost_ground import OutpostGround, plan_taken_back
from hairpin.apply.program.plan_book import PlanBook, PlanStanding
from hairpin.apply.ready import read_file
from hairpin.change.change import Change, Primitive, WriteFile
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import ReplaceFile, with_file_modes
from hairpin.change.steps import steps
from hairpin.collect.run import LocalRunner
from hairpin.errors import ApplyError, CollectError
from tests.apply.plans import FAR_S, pass_deadline
from tests.kernel.test_change_law import CASES, HOST_NETNS, SETUP, Host, insertion
from tests.kernel.test_taking_back import parts, untold
from tests.kills.program import Moments
from tests.waiting import HANG_S, wait_until
from tests.whole import WHOLE, thinned

SHELLS = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh"), "here": ("here",)}
"""``here``: the way of a hairpin on that host, which is lent to the program."""


class Remote:
    """A host, and a plan on it that touches each kind of thing."""

    def __init__(self, folder: Path, shell: tuple[str, ...] = ("sh",)) -> None:
        self.host = Host()
        self.host.run(SETUP)
        self.base = folder / "hairpin"
        self.base.mkdir(mode=0o700)
        self.file = folder / "60-own.conf"
        here = shell == ("here",)
        runner = LocalRunner((*self.host.enter, *(("sh",) if here else shell)))
        self.outpost = Outpost(runner, "" if here else "root@host", str(self.base))
        self.before = self.host.network()
        self.tasks = tuple(self.made(parts(self.before, self.file)))

    def made(self, some: tuple[tuple[Primitive, ...], ...]) -> Iterator[PlannedStep]:
        network = self.before
        for each in some:
            change = Change(each)
            whole = with_file_modes(steps(change, network), read_file)
            yield from (PlannedStep("own", step, lasting=isinstance(each[0], WriteFile)) for step in whole)
            network = simulate(change, network)

    def there(self, seconds: int = FAR_S) -> OutpostGround:
        return OutpostGround(self.outpost, seconds, untold, self.host.network)

    @contextmanager
    def begun(self, seconds: int = FAR_S) -> Generator[Begun]:
        """Hold the host, and begin the plan on it."""
        with self.there(seconds).held() as begin:
            this = self.before.this
            plan = KeptPlan("", this.name, this.boot_id or "", "2026-01-01T00:00:00Z", ("fix",), tasks=self.tasks)
            yield begin(plan, tuple(each.step for each in self.tasks), self.before)

    @property
    def of_now(self) -> tuple[int, ...]:
        return tuple(number for number, each in enumerate(self.tasks) if not each.lasting)

    def standing(self) -> PlanStanding:
        return PlanBook(self.outpost).standing()[0]

    def undo(self, plan: str) -> str:
        return plan_taken_back(self.there(), plan, again=True).state

    def is_as_before(self) -> None:
        self.host.settled(self.before)
        assert not self.file.exists()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Callable[..., Remote]]:
    made: list[Remote] = []

    def make(*shell: str) -> Remote:
        made.append(Remote(tmp_path, *((shell,) if shell else ())))
        return made[-1]

    yield make
    for each in made:
        each.host.close()


@pytest.mark.parametrize("shell", thinned(SHELLS.values(), len(SHELLS)), ids=SHELLS)
def test_a_plan_is_carried_out_kept_and_taken_back(remote: Callable[..., Remote], shell: tuple[str, ...]) -> None:
    one = remote(*shell)
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        assert not one.file.exists()
        assert one.standing().is_tried
        assert ground.confirm() is None
    whole = simulate(Change(tuple(part for some in parts(one.before, one.file)[:-1] for part in some)), one.before)
    one.host.settled(whole)
    assert one.file.read_text() == "net.ipv4.ip_forward = 1\n"
    assert wait_until(lambda: not one.standing().watched)
    assert one.standing().kept_plan.state == "applied"
    assert one.undo(ground.plan) == "taken-back"
    one.is_as_before()
    assert [each.state for each in one.standing().kept_plan.tasks] == ["taken-back"] * len(one.tasks)


@pytest.mark.parametrize("names", (1, 2))
def test_a_file_keeps_its_attributes_and_one_of_several_names_is_left(
    remote: Callable[..., Remote], tmp_path: Path, names: int
) -> None:
    """A rename would give one name a file of its own, and a write in place has no moment at which it is whole."""
    one = remote()
    path = tmp_path / "a.conf"
    path.write_text("one\n")
    path.chmod(0o640)
    os.setxattr(path, "user.note", b"by hand")
    for number in range(1, names):
        (tmp_path / f"{number}.conf").hardlink_to(path)
    was = read_file(str(path))
    assert was is not None
    wanted = msgspec.structs.replace(was, content="two\n")
    name = one.before.this.name
    undo = (ReplaceFile(host=name, path=str(path), before=wanted, after=was, undo=()),)
    step = ReplaceFile(host=name, path=str(path), before=was, after=wanted, undo=undo)
    one.tasks = (PlannedStep("own", step),)
    with one.begun() as ground:
        complaint = ground.carry((0,))
    assert read_file(str(path)) == (wanted if names == 1 else was)
    assert ("several hard links" in str(complaint)) is (names == 2)
    assert one.undo(ground.plan) == "taken-back"
    assert read_file(str(path)) == was


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_what_nobody_confirms_takes_itself_back(remote: Callable[..., Remote], shell: tuple[str, ...]) -> None:
    """The switch alone: by the undo that went there with the plan, under each shell."""
    one = remote(*shell)
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
    # The switch that was started runs under sh; this one takes over from it under the shell of the test.
    plan = one.base / "plans" / ground.plan
    pid = int((plan / "keeper").read_text().split()[0])
    one.host.run(f"kill -9 {pid}")
    (plan / "until").write_text("0\n")
    one.outpost.shell.talk(program().decode(), ("keep", str(one.base), ground.plan), b"", HANG_S)
    assert one.standing().kept_plan.state == "taken-back"
    one.is_as_before()


def test_the_switch_strikes_at_its_deadline_and_leaves_what_was_confirmed(remote: Callable[..., Remote]) -> None:
    one = remote()
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        pass_deadline(one.base, ground.plan)
        assert wait_until(lambda: one.standing().kept_plan.state == "taken-back")
        one.is_as_before()
        assert "taken back by another process" in str(ground.confirm())
    with one.begun() as kept:
        assert kept.carry(one.of_now) is None
        assert kept.confirm() is None
    pass_deadline(one.base, kept.plan)
    assert wait_until(lambda: not one.standing().watched)
    assert one.standing().kept_plan.state == "applied"
    assert one.undo(kept.plan) == "taken-back"


def test_one_plan_at_a_time_and_a_hairpin_on_that_host_sees_the_lock(remote: Callable[..., Remote]) -> None:
    one = remote()
    with one.there().held(), (one.base / "lock").open("a") as lock:
        with pytest.raises(ApplyError, match="under way there"), one.there().held():
            pass
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert wait_until(lambda: not PlanBook(one.outpost).standing())
    with (one.base / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ApplyError, match="another hairpin"), one.there().held():
            pass


def test_without_flock_the_lock_of_a_process_that_was_killed_is_taken(
    remote: Callable[..., Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outpost_module, "program", lambda: program().replace(b"have flock", b"false"))
    one = remote()
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        assert (one.base / "lock.owner").is_symlink()
        with pytest.raises(ApplyError, match="under way there"), one.there().held():
            pass
        pid = int((one.base / "plans" / ground.plan / "keeper").read_text().split()[0])
        one.host.run(f"kill -9 {pid}")
        with pytest.raises(ApplyError, match="was interrupted there"), one.there().held():
            pass
    assert one.undo(ground.plan) == "taken-back"
    one.is_as_before()
    assert wait_until(lambda: not (one.base / "lock.owner").is_symlink())


def test_a_rule_of_somebody_else_in_the_same_chain_hinders_no_undo(remote: Callable[..., Remote]) -> None:
    """By words, and for nft by the handles that the rules had when they came."""
    one = remote()
    made = ((insertion("nft", "base", 2),), (insertion("iptables-nft", "MINE", 2),))
    one.tasks = tuple(one.made(made))
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        one.host.run("nft insert rule inet own base ip daddr 10.1.2.3 drop; iptables-nft -I MINE 1 -d 10.1.2.3 -j DROP")
        pass_deadline(one.base, ground.plan)
        assert wait_until(lambda: one.standing().kept_plan.state == "taken-back")
    one.host.run("iptables-nft -D MINE 1; nft delete rule inet own base handle "
                 "$(nft -a list chain inet own base | sed -n 's/.*10.1.2.3 drop # handle //p')")  # fmt: skip
    one.is_as_before()


def test_chains_that_iptables_made_for_the_plan_go_with_it(remote: Callable[..., Remote]) -> None:
    one = remote()
    one.tasks = tuple(one.made(((insertion("iptables-nft", "OUTPUT", 1, table="mangle"),),)))
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        one.host.run("nft list chain ip mangle OUTPUT")
        pass_deadline(one.base, ground.plan)
        assert wait_until(lambda: one.standing().kept_plan.state == "taken-back")
    one.host.run("! nft list chain ip mangle OUTPUT 2>/dev/null")


def test_what_somebody_has_changed_since_stays(remote: Callable[..., Remote]) -> None:
    one = remote()
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        one.host.run("sysctl -qw net.ipv4.conf.eth0.forwarding=0")
        pass_deadline(one.base, ground.plan)
        assert wait_until(lambda: one.standing().kept_plan.state == "partly")
    stays = [each for each in one.standing().kept_plan.tasks if each.state == "stays"]
    assert [each.said for each in stays] == ["it was changed since"]
    one.host.run("sysctl -qw net.ipv4.conf.eth0.forwarding=1")
    assert one.undo(ground.plan) == "taken-back"
    one.is_as_before()


def test_an_undo_waits_for_the_step_at_hand_and_none_begins_after_it(remote: Callable[..., Remote]) -> None:
    """The connection of the carrying is lost, and its program goes on there.  Its step ends only after the plan is
    being taken back, which so has a step at hand."""
    one = remote()
    waits = b'while [ -e "$PLAN/open" ] && grep -q running "$PLAN/journal"; do nap; done; sleep 0.3'
    slow = program().replace(b"\nrun_command() {", b"\nrun_command() {\n    " + waits)
    with one.begun() as ground:
        lost = Outpost(LocalRunner((*one.host.enter, "sh")), "root@host", str(one.base))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(outpost_module, "program", lambda: slow)
            thread = Thread(target=lost.carry, args=(ground.plan, one.of_now))
            thread.start()
            assert wait_until(lambda: "running" in (one.base / "plans" / ground.plan / "journal").read_text())
        assert one.undo(ground.plan) == "taken-back"
        thread.join()
    one.is_as_before()
    assert one.standing().kept_plan.tasks[-2].state == "planned"


# ---- killed


@WHOLE
@pytest.mark.parametrize("stride", (13,))
def test_a_carrying_that_is_killed_is_settled_by_the_next_command(
    remote: Callable[..., Remote], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    one, moments = remote(), Moments(tmp_path)
    text = moments.program()
    moment = 0
    while True:
        with one.begun() as ground:
            moments.at(moment)
            monkeypatch.setattr(outpost_module, "program", lambda: text)
            said = ground.carry(one.of_now)
            monkeypatch.undo()
        assert one.undo(ground.plan) == "taken-back"
        one.is_as_before()
        if said is None:
            break
        moment += stride
    assert moment > 2 * stride


@WHOLE
@pytest.mark.parametrize("stride", (17,))
def test_an_undo_that_is_killed_is_settled_by_the_next_one(
    remote: Callable[..., Remote], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    one, moments = remote(), Moments(tmp_path)
    text = moments.program()
    moment = 0
    while True:
        with one.begun() as ground:
            assert ground.carry(one.of_now) is None
        moments.at(moment)
        monkeypatch.setattr(outpost_module, "program", lambda: text)
        with suppress(CollectError, ApplyError):
            one.undo(ground.plan)
        monkeypatch.undo()
        killed = moments.was_met
        if killed:
            assert one.undo(ground.plan) == "taken-back"
        one.is_as_before()
        if not killed:
            break
        moment += stride
    assert moment > 2 * stride


# ---- the law


@pytest.mark.parametrize("name", sorted(CASES)[::40])
def test_what_the_program_does_is_what_was_simulated_and_its_undo_leads_back(
    remote: Callable[..., Remote], name: str
) -> None:
    one = remote()
    part = CASES[name](one.before.namespace(HOST_NETNS))
    change = Change((part,))
    one.tasks = tuple(one.made(((part,),)))
    with one.begun() as ground:
        assert ground.carry(one.of_now) is None
        one.host.settled(simulate(change, one.before))
        if one.tasks[0].step.undo is not None:
            pass_deadline(one.base, ground.plan)
            assert wait_until(lambda: one.standing().kept_plan.state == "taken-back")
            one.is_as_before()
        else:
            PlanBook(one.outpost).end(ground.plan, "taken-back")

"""A plan that is killed at any moment is taken back whole by the next process, in a real network namespace (root).

The process that carries it out, or takes it back, is forked and ends itself by SIGKILL between two acts, between an
act and its mark, or before a mark.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.carrying_out import Hands, carry_out_tasks
from hairpin.apply.journal import Journal
from hairpin.apply.made_chains import with_made_chains
from hairpin.apply.ready import read_file
from hairpin.apply.settling import interrupted_plan, settle
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import PlanState, Task, TaskState, Undertaking
from hairpin.carry.act import Acting, FileState
from hairpin.change.change import AddChain, AddEntry, Change, Primitive, SetLink, SetSysctl, WriteFile
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import ReplaceFile, with_file_modes
from hairpin.change.steps import steps
from hairpin.message import Message
from hairpin.network.network import Network
from tests.apply.plans import begun, hands
from tests.kernel.test_change_law import HOST_NETNS, VIA, Host, address, insertion, link, new_route, up


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
    """Ends the process at the moment of that number: before or after an act, before or after a mark."""

    def __init__(self, host: Host, at: int) -> None:
        self.host = host
        self.left = at

    def moment(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def carry_out(self, acting: Acting) -> Message | None:
        try:
            act = next(acting)
            while True:
                self.moment()
                done = self.host.do(act)
                self.moment()
                act = acting.send(done)
        except StopIteration as ended:
            complaint: Message | None = ended.value
            return complaint

    def journal(self, folder: Path) -> Journal:
        killing = self

        class Killed(Journal):
            def mark(self, plan: str, number: int, state: TaskState, said: str = "") -> None:
                killing.moment()
                super().mark(plan, number, state, said)
                killing.moment()

            def end(self, plan: str, state: PlanState) -> None:
                killing.moment()
                super().end(plan, state)
                killing.moment()

        return Killed(folder)


class Plans:
    """One host, one plan, and the journal in which it is begun anew for each moment."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.folder = folder / "journal"
        self.file = folder / "60-own.conf"
        self.before = host.network()
        self.tasks = tuple(self._tasks())

    def _tasks(self) -> Iterator[Task]:
        network = self.before
        for some in parts(network, self.file):
            change = Change(some)
            made = with_file_modes(steps(change, network), read_file)
            yield from (Task("own", each, lasting=isinstance(some[0], WriteFile)) for each in made)
            network = simulate(change, network)

    def hands(self, killing: Killing) -> Hands:
        return Hands(self.host.network, untold, carrier=killing.carry_out)

    def killed_at(self, moment: int, *, taking_back: bool) -> bool:
        """Let a process of its own be killed at the moment; return whether it came that far."""
        child = os.fork()
        if not child:
            with suppress(BaseException):
                self._in_child(moment, taking_back=taking_back)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)

    def _in_child(self, moment: int, *, taking_back: bool) -> None:
        killing = Killing(self.host, 10**6 if taking_back else moment)
        journal = killing.journal(self.folder)
        begun = journal.begin(Undertaking("", "host", "boot", "2026-01-01T00:00:00Z", tasks=self.tasks))
        assert carry_out_tasks(journal, begun, range(len(self.tasks)), self.hands(killing)) is None
        if taking_back:
            killing.left = moment
            take_back(journal, journal.known(begun.id), self.hands(killing))

    def settled(self) -> None:
        """Settle what was left, as the next command does, and see that the host is as it was."""
        with closing(Journal(self.folder)) as journal:
            plan = interrupted_plan(journal)
            if plan is not None:
                safe = Killing(self.host, 10**6)
                assert settle(journal, plan, self.hands(safe)) == "taken-back"
            assert interrupted_plan(journal) is None
            assert all(each.state == "taken-back" for each in journal.all())
        self.host.settled(self.before)
        assert not self.file.exists()


def untold(_task: Task, _said: Message | None) -> None:
    return None


@pytest.mark.parametrize("taking_back", (False, True), ids=["carrying out", "taking back"])
def test_a_plan_that_is_killed_is_taken_back_whole(plans: Plans, *, taking_back: bool) -> None:
    step = 5  # a stride that meets each kind of moment: no kind of task has a multiple of it
    moment = 0
    while plans.killed_at(moment, taking_back=taking_back):
        plans.settled()
        moment += step
    assert moment > 3 * step
    plans.settled()


def test_a_rule_that_moved_is_taken_back_and_another_ones_change_is_left(plans: Plans) -> None:
    with closing(Journal(plans.folder)) as journal:
        begun = journal.begin(Undertaking("", "host", "boot", "2026-01-01T00:00:00Z", tasks=plans.tasks))
        safe = Killing(plans.host, 10**6)
        assert carry_out_tasks(journal, begun, range(len(plans.tasks)), plans.hands(safe)) is None
        plans.host.run("iptables-nft -I FORWARD 1 -m mark --mark 0x9 -j ACCEPT; ip route del 10.99.0.0/16")
        plans.file.write_text("net.ipv4.ip_forward = 1\nmine = 1\n", "utf-8")
        journal.end(begun.id, "applied")
        ended = take_back(journal, journal.known(begun.id), plans.hands(safe))
        states = [each.state for each in journal.known(begun.id).tasks]
    assert ended == "partly"
    assert states == ["taken-back", "taken-back", "taken-back", "taken-back", "gone", "stays"]
    plans.host.run("iptables-nft -D FORWARD 1")
    plans.host.settled(plans.before)
    assert plans.file.read_text("utf-8").endswith("mine = 1\n")


@pytest.mark.parametrize("state", ("running", "done"))
def test_what_a_killed_writer_has_left_beside_a_file_goes(state: TaskState, tmp_path: Path) -> None:
    """It was killed before the file was another one; of a step that is done, nobody wrote any more."""
    path, left = tmp_path / "a.conf", tmp_path / ".a.conf.hairpin-new"
    path.write_text("one\n", "utf-8")
    left.write_text("tw", "utf-8")
    before = read_file(str(path))
    assert before is not None
    after = FileState("two\n", before.mode, before.uid, before.gid)
    undo = (ReplaceFile(host="host", path=str(path), before=after, after=before, undo=()),)
    step = ReplaceFile(host="host", path=str(path), before=before, after=after, undo=undo)
    journal, plan = begun(tmp_path / "journal", (Task("own", step, state=state),))
    with closing(journal):
        assert take_back(journal, plan, hands()) == "taken-back"
    assert path.read_text("utf-8") == "one\n"
    assert left.exists() is (state == "done")


@pytest.mark.parametrize("meanwhile", ("", "-A PREROUTING -j ACCEPT", "-P PREROUTING DROP"))
def test_an_empty_chain_of_iptables_goes_with_the_rule_that_needed_it(plans: Plans, meanwhile: str) -> None:
    """It is not taken away if somebody else uses it by now."""
    plans.host.run("iptables-nft -t mangle -A OUTPUT -j ACCEPT")
    made = steps(Change((insertion("iptables-nft", "PREROUTING", 1, table="mangle"),)), plans.host.network())
    tasks = tuple(Task("own", each) for each in made)
    safe = Killing(plans.host, 10**6)
    plan = with_made_chains(Undertaking("", "host", "boot", "2026-01-01T00:00:00Z", tasks=tasks), safe.carry_out)
    with closing(Journal(plans.folder)) as journal:
        plan = journal.begin(plan)
        assert carry_out_tasks(journal, plan, range(len(tasks)), plans.hands(safe)) is None
        plans.host.run(f"nft list chain ip mangle PREROUTING; iptables-nft -t mangle {meanwhile or '-L'}")
        assert take_back(journal, journal.known(plan.id), plans.hands(safe)) == "taken-back"
    plans.host.run(f"{'' if meanwhile else '!'} nft list chain ip mangle PREROUTING; nft list chain ip mangle OUTPUT")


@pytest.mark.parametrize("rebooted", (True, False))
def test_a_reboot_takes_back_two_steps_that_changed_one_link(plans: Plans, *, rebooted: bool) -> None:
    """The second step expects what the first one has made, which is gone as well."""
    before = plans.host.network()
    namespace = before.namespace(HOST_NETNS)
    changed = msgspec.structs.replace(link(namespace, "u0"), mtu_bytes=1400)
    downed = msgspec.structs.replace(changed, up=False, carrier=False)
    tasks: list[Task] = []
    network = before
    for each in (changed, downed):
        change = Change((SetLink(HOST_NETNS, each),))
        tasks += (Task("own", step, state="done") for step in steps(change, network))
        network = simulate(change, network)
    boot_id = "another" if rebooted else before.this.boot_id or ""
    with closing(Journal(plans.folder)) as journal:
        begun = journal.begin(Undertaking("", "host", boot_id, "2026-01-01T00:00:00Z", tasks=tuple(tasks)))
        ended = take_back(journal, begun, plans.hands(Killing(plans.host, 10**6)))
        states = [each.state for each in journal.known(begun.id).tasks]
    assert (ended, states) == (("taken-back", ["gone", "gone"]) if rebooted else ("partly", ["gone", "stays"]))
    plans.host.settled(before)

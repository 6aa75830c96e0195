"""What is on the host of a step that may have been carried out."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.carrying_out import Hands
from hairpin.apply.settling import settle
from hairpin.apply.standing import standing_of
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import Task
from hairpin.carry.act import Acting, FileState
from hairpin.change.calls import AllowInUfw, Call, SetContainerState, SetRestartPolicy
from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import ReplaceFile
from hairpin.change.steps import steps
from hairpin.host.host import Host
from hairpin.host.managers import Ufw
from hairpin.message import Message, message
from hairpin.network.network import Network
from tests.apply.plans import Recorder, begun, untold
from tests.small_host import HOST_NETNS, network

FORWARDING = ("net", "ipv4", "conf", "eth0", "forwarding")


def nothing(_path: str) -> FileState | None:
    return None


def test_a_value_tells() -> None:
    was = network()
    change = Change((SetSysctl(HOST_NETNS, FORWARDING, "0"),))
    (step,) = steps(change, was)
    now = simulate(change, was)
    other = simulate(Change((SetSysctl(HOST_NETNS, FORWARDING, "7"),)), was)
    assert [standing_of(step, each, nothing) for each in (was, now, other)] == ["as-before", "made", "neither"]


def with_ufw() -> Network:
    return network().with_host(msgspec.structs.replace(network().this, ufw=Ufw(enabled=True)))


def test_a_call_to_a_manager_that_expects_only_that_it_runs_counts_as_made() -> None:
    host = with_ufw()
    (step,) = steps(Change((), (AllowInUfw(7000, "tcp"),)), host)
    assert step.expects
    assert step.undo
    assert standing_of(step, host, nothing) == "made"


@pytest.mark.parametrize(
    ("call", "again"), ((AllowInUfw(7000, "tcp"), True), (SetRestartPolicy("docker", "always", "web"), False))
)
def test_a_lasting_call_that_may_not_have_been_made_is_made_again(tmp_path: Path, call: Call, *, again: bool) -> None:
    """A plan that was found to be well is finished: a manager that tells nothing is asked once more."""
    host = with_ufw()
    (step,) = steps(Change((), (call,)), host)
    journal, plan = begun(tmp_path, (Task("own", step, lasting=True, state="running"),))
    recorder = Recorder()
    made = host if again else host.with_host(_always(host.this))
    with closing(journal):
        journal.end(plan.id, "keeping")
        assert settle(journal, journal.known(plan.id), Hands(lambda: made, untold, carrier=recorder)) == "applied"
    assert recorder.lines == (["ufw allow 7000/tcp"] if again else [])


def test_a_call_whose_undo_was_made_before_a_kill_is_not_undone_twice(tmp_path: Path) -> None:
    host = network()
    (step,) = steps(Change((), (SetContainerState("docker", "pause", "web"),)), host)
    journal, plan = begun(tmp_path, (Task("own", step, state="taking-back"),))
    recorder = Recorder()
    with closing(journal):
        assert take_back(journal, plan, Hands(lambda: host, untold, carrier=recorder)) == "taken-back"
    assert recorder.lines == []


@pytest.mark.parametrize(("there", "ended"), ((False, "taken-back"), (True, "partly")))
def test_an_undo_that_fails_is_judged_by_what_is_there_then(tmp_path: Path, *, there: bool, ended: str) -> None:
    """What it takes back may be gone with the undo of a later step: that of an address puts others in order again."""
    off = Change((SetSysctl(HOST_NETNS, FORWARDING, "0"),))
    (step,) = steps(off, network())
    journal, plan = begun(tmp_path, (Task("own", step, state="done"),))
    was = network().with_host(msgspec.structs.replace(network().this, boot_id=plan.boot_id))
    now = simulate(off, was)
    looks = iter((now, now if there else was))

    def failing(_acting: Acting) -> Message | None:
        return message("Error: it is not there")

    with closing(journal):
        assert take_back(journal, plan, Hands(lambda: next(looks), untold, carrier=failing)) == ended


def _always(host: Host) -> Host:
    (engine,) = host.engines
    containers = tuple(msgspec.structs.replace(each, restart_policy="always") for each in engine.containers)
    return msgspec.structs.replace(host, engines=(msgspec.structs.replace(engine, containers=containers),))


def test_a_file_tells() -> None:
    before, after = FileState("one\n", 0o644, 0, 0), FileState("two\n", 0o644, 0, 0)
    step = ReplaceFile(host="test", path="/etc/x", before=before, after=after)
    held: dict[str, FileState] = {"/etc/x": before}
    assert standing_of(step, network(), held.get) == "as-before"
    held["/etc/x"] = after
    assert standing_of(step, network(), held.get) == "made"
    assert standing_of(step, network(), nothing) == "neither"

"""What is on the host of a step that may have been carried out."""

from pathlib import Path

import msgspec
import pytest

from hairpin.apply.hands import Hands
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.program import outpost
from hairpin.apply.program.parcel import parcel
from hairpin.apply.ready import read_file
from hairpin.apply.taking_back import settle, standing_of, take_back
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
from tests.apply.plans import Recorder, begun, stubbed, untold
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
def test_a_lasting_call_that_may_not_have_been_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, *, again: bool
) -> None:
    """A plan that was found to be well is finished: a manager that tells nothing is asked once more."""
    host = with_ufw()
    (step,) = steps(Change((), (call,)), host)
    tasks = (PlannedStep("own", step, lasting=True, state="running"),)
    book, plan = begun(tmp_path, tasks, "keeping")
    for name, content in parcel(tasks, (step,), host).items():
        (tmp_path / "plans" / plan.id / name).write_bytes(content)
    text = stubbed(tmp_path, "ufw")
    monkeypatch.setattr(outpost, "program", lambda: text)
    made = host if again else host.with_host(_always(host.this))
    reaching = Hands(lambda: made, untold, read_file, Recorder())
    assert settle(book, plan, reaching) == "applied"
    file = tmp_path / "lines"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    assert lines == (["ufw allow 7000/tcp"] if again else [])
    assert [each.state for each in book.known(plan.id).tasks] == ["done"]


def test_a_call_whose_undo_was_made_before_a_kill_is_not_undone_twice(tmp_path: Path) -> None:
    host = network()
    (step,) = steps(Change((), (SetContainerState("docker", "pause", "web"),)), host)
    book, plan = begun(tmp_path, (PlannedStep("own", step, state="taking-back"),))
    recorder = Recorder()
    assert take_back(book, plan, Hands(lambda: host, untold, read_file, recorder)) == "taken-back"
    assert recorder.lines == []


@pytest.mark.parametrize(("there", "ended"), ((False, "taken-back"), (True, "partly")))
def test_an_undo_that_fails_is_judged_by_what_is_there_then(tmp_path: Path, *, there: bool, ended: str) -> None:
    """What it takes back may be gone with the undo of a later step: that of an address puts others in order again."""
    off = Change((SetSysctl(HOST_NETNS, FORWARDING, "0"),))
    (step,) = steps(off, network())
    book, plan = begun(tmp_path, (PlannedStep("own", step, state="done"),))
    was = network().with_host(msgspec.structs.replace(network().this, boot_id=plan.boot_id))
    now = simulate(off, was)
    looks = iter((now, now if there else was))

    def failing(_acting: Acting) -> Message | None:
        return message("Error: it is not there")

    assert take_back(book, plan, Hands(lambda: next(looks), untold, read_file, failing)) == ended
    assert book.known(plan.id).state == ended


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

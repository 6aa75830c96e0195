"""What is on the host of a step that may have been carried out."""

import msgspec

from hairpin.apply.standing import standing_of
from hairpin.carry.act import FileState
from hairpin.change.calls import AllowInUfw
from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulate import simulate
from hairpin.change.step import ReplaceFile
from hairpin.change.steps import steps
from hairpin.host.managers import Ufw
from hairpin.network.network import Network
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


def test_a_file_tells() -> None:
    before, after = FileState("one\n", 0o644, 0, 0), FileState("two\n", 0o644, 0, 0)
    step = ReplaceFile(host="test", path="/etc/x", before=before, after=after)
    held: dict[str, FileState] = {"/etc/x": before}
    assert standing_of(step, network(), held.get) == "as-before"
    held["/etc/x"] = after
    assert standing_of(step, network(), held.get) == "made"
    assert standing_of(step, network(), nothing) == "neither"

"""How dockerd is started, and what is asked of it behind its start."""

from typing import Literal

import msgspec

from hairpin.change.calls import Call, ConnectContainer, OpenPort, SetContainerState, SetUnitState
from hairpin.change.change import AddEntry, Change, one
from hairpin.engines.docker.daemon import calls_with_start, precedes_start, start_calls, starts_docker
from hairpin.engines.repair.bridging import lost_addresses, new_bridge
from hairpin.host.link import Address
from tests.causes.hosts import down, without_addresses, without_bridge
from tests.rows import each_row
from tests.small_host import HOST_NETNS, container, engine, host_namespace, network

STATES: tuple[Literal["stopped"], Literal["answers"]] = ("stopped", "answers")
START = SetUnitState("start", "docker")
UNPAUSE = SetContainerState("docker", "unpause", "web")
CONNECT = ConnectContainer("docker", "connect", "n1", "web")
OF_PODMAN = SetContainerState("podman", "unpause", "web")

# what is asked, whether dockerd keeps containers while it is away, and what is asked when it is down
ASKED: dict[str, tuple[tuple[Call, ...], bool, tuple[Call, ...]]] = {
    "unpause, which the container still needs": ((UNPAUSE,), True, (START, UNPAUSE)),
    "unpause, where dockerd's start ends the container": (
        (UNPAUSE,), False, (START, SetContainerState("docker", "start", "web")),
    ),
    "connect": ((CONNECT,), True, (START, CONNECT)),
    "connect, where dockerd's start ends the container": (
        (CONNECT,), False, (START, CONNECT, SetContainerState("docker", "start", "web")),
    ),
    "started already": ((START, CONNECT), False, (START, CONNECT)),
    "of Podman, which has no daemon": ((OF_PODMAN,), False, (OF_PODMAN,)),
    "of firewalld": ((OpenPort("public", 80, "tcp"),), False, (OpenPort("public", 80, "tcp"),)),
    "nothing": ((), False, ()),
}  # fmt: skip


@each_row(("calls", "kept", "told"), ASKED.values(), ids=ASKED)
def test_a_daemon_that_is_down_is_started_before_it_is_asked(
    calls: tuple[Call, ...], kept: bool, told: tuple[Call, ...]
) -> None:
    docker = msgspec.structs.replace(engine(container("paused")), live_restore=kept)
    was, up = (down(network(docker=docker), state=state).this for state in STATES)
    found = calls_with_start(was, was, calls)
    assert (*found.start, *found.calls) == told
    assert bool(found.effects) == (bool(found.start) and not kept)
    assert calls_with_start(up, up, calls).calls == calls
    again = calls_with_start(was, up, calls)
    assert again.calls == found.calls, "a repair before this one has started it"
    assert again.start == ()


def test_a_container_that_starts_with_the_daemon_is_connected_alone() -> None:
    docker = engine(msgspec.structs.replace(container(), restart_policy="always"))
    was = down(network(docker=docker)).this
    assert calls_with_start(was, was, (CONNECT,)).calls == (CONNECT,)


def test_what_starts_dockerd() -> None:
    assert start_calls(network().this, engine()) == (START,)
    assert starts_docker(START)
    others: tuple[Call, ...] = (UNPAUSE, SetUnitState("enable", "docker"), SetUnitState("start", "podman"))
    assert not any(map(starts_docker, others))


def test_what_the_start_would_make_is_made_before_it() -> None:
    lost = down(network(without_addresses(host_namespace(), "docker0")))
    (address,) = lost_addresses(lost.this, lost.this.engines[0].networks[0])
    given, elsewhere = (one(AddEntry(HOST_NETNS, each)) for each in (address, Address("eth0", 4, 1, 24)))
    made = Change(tuple(new_bridge(without_bridge(lost).this, engine(), engine().networks[0])))
    assert precedes_start(lost.this, given)
    assert precedes_start(lost.this, made)
    assert not precedes_start(lost.this, elsewhere)
    assert not precedes_start(lost.this, msgspec.structs.replace(made, calls=(CONNECT,)))
    assert not precedes_start(down(lost, state="answers").this, given)

"""How dockerd is started, and what is asked of it behind its start."""

import msgspec
import pytest

from hairpin.change.calls import Call, ConnectContainer, OpenPort, SetContainerState, SetUnitState
from hairpin.engines.daemon import behind_start, start_calls, starts_docker
from tests.causes.hosts import down
from tests.small_host import container, engine, network

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
    "connect": ((CONNECT,), False, (START, CONNECT)),
    "started already": ((START, CONNECT), False, (START, CONNECT)),
    "of Podman, which has no daemon": ((OF_PODMAN,), False, (OF_PODMAN,)),
    "of firewalld": ((OpenPort("public", 80, "tcp"),), False, (OpenPort("public", 80, "tcp"),)),
    "nothing": ((), False, ()),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "kept", "told"), ASKED.values(), ids=ASKED)
def test_a_daemon_that_is_down_is_started_before_it_is_asked(
    asked: tuple[Call, ...], kept: bool, told: tuple[Call, ...]
) -> None:
    docker = msgspec.structs.replace(engine(container("paused")), live_restore=kept)
    assert behind_start(down(network(docker=docker)).this, asked) == told
    assert behind_start(down(network(docker=docker), state="answers").this, asked) == asked


def test_what_starts_dockerd() -> None:
    assert start_calls(network().this, engine()) == (START,)
    assert starts_docker(START)
    others: tuple[Call, ...] = (UNPAUSE, SetUnitState("enable", "docker"), SetUnitState("start", "podman"))
    assert not any(map(starts_docker, others))

"""How a user starts a rootless container, and on which addresses it publishes a port."""

from hairpin.host.docker import PortBinding
from hairpin.host.idle import IdleContainer
from tests.rows import each_row

ANN = IdleContainer("ann", 1001, "podman", "shop")
STARTS: dict[str, tuple[IdleContainer, str]] = {
    "of Podman": (ANN, "podman start shop"),
    "of a pod": (IdleContainer("ann", 1001, "podman", "shop, db", pod="182f775fa482"), "podman pod start 182f775fa482"),
    "of a unit": (IdleContainer("ann", 1001, "podman", "shop", unit="a.service"), "systemctl --user start a.service"),
    "that dockerd starts": (
        IdleContainer("ann", 1001, "docker", "shop", starts_with_engine=True), "systemctl --user start docker",
    ),
    "that dockerd does not start": (
        IdleContainer("ann", 1001, "docker", "shop"), "systemctl --user start docker && docker start shop",
    ),
}  # fmt: skip


@each_row(("container", "command"), STARTS.values(), ids=STARTS)
def test_start(container: IdleContainer, command: str) -> None:
    assert container.start == command


EVERYWHERE = PortBinding("tcp", 80, 8090, actual=False)
LOCAL = PortBinding("tcp", 80, 8091, 0x7F000001, actual=False)
PUBLISHED: dict[str, tuple[tuple[str, int, int, int | None], bool]] = {
    "on every address": (("tcp", 8090, 4, 0xC633640B), True),
    "of the other version, too": (("tcp", 8090, 6, 1), True),
    "of the other protocol": (("udp", 8090, 4, 0xC633640B), False),
    "another port": (("tcp", 8092, 4, 0xC633640B), False),
    "on its own address": (("tcp", 8091, 4, 0x7F000001), True),
    "on one address only": (("tcp", 8091, 4, 0xC633640B), False),
    "on an address of the other version": (("tcp", 8091, 6, 0x7F000001), False),
}


@each_row(("asked", "expected"), PUBLISHED.values(), ids=PUBLISHED)
def test_publishes(asked: tuple[str, int, int, int | None], expected: bool) -> None:
    container = IdleContainer("ann", 1001, "podman", "shop", ports=(EVERYWHERE, LOCAL))
    assert container.publishes(*asked) is expected
    assert not ANN.publishes(*asked)


def test_the_names_of_a_pod_are_several() -> None:
    assert IdleContainer("ann", 1001, "podman", "shop, db").names == ("shop", "db")

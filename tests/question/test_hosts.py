"""Which host is meant: the named one, the one that has the container or the address, the first."""

import msgspec
import pytest

from hairpin.errors import CollectError, UsageError
from hairpin.host.contact import EngineBeside
from hairpin.host.docker import Container, Endpoint, Engine, PortBinding
from hairpin.host.host import Host, Unread
from hairpin.host.idle import IdleContainer
from hairpin.message import message
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, World
from hairpin.question.asked import Target
from hairpin.question.hosts import container_named, containers_named, host_named, host_of
from tests.question.two_hosts import ONE, TWO, having
from tests.rows import each_row
from tests.small_host import network
from tests.two_hosts import ADDRESSES, node

GONE = Host("gone", unread=(Unread("host", "", "--host gone", message("no answer"), "", "gone"),))
PUBLIC = parse_address("203.0.113.9")[1]


BOTH = Network((ONE, TWO), World(publics=(PublicAddress(4, PUBLIC, 1, host="two"),)))

MEANT: dict[str, tuple[Network, Target, str]] = {
    "a port": (BOTH, Target(80), "one"),
    "a port of a named host": (BOTH, Target(80, host="two"), "two"),
    "a container of both is this host's": (BOTH, Target(container="web"), "one"),
    "a container of a named host": (BOTH, Target(container="web", host="two"), "two"),
    "a container of the only other": (BOTH, Target(container="api"), "two"),
    "an address of this host": (BOTH, Target(80, version=4, address=ADDRESSES["one"]), "one"),
    "an address of the other": (BOTH, Target(80, version=4, address=ADDRESSES["two"]), "two"),
    "an address that no host has": (BOTH, Target(80, version=4, address=9), "one"),
    "a public address": (BOTH, Target(80, version=4, address=PUBLIC), "two"),
    "an address of a host that was read, behind one that was not": (
        Network((GONE, ONE)),
        Target(80, version=4, address=ADDRESSES["one"]),
        "one",
    ),
    "an address of the named host": (BOTH, Target(80, version=4, address=ADDRESSES["two"], host="two"), "two"),
    "one host that was not read does not matter": (Network((ONE, GONE)), Target(container="db"), "one"),
}


@each_row(("network", "target", "label"), MEANT.values(), ids=MEANT)
def test_host_of(network: Network, target: Target, label: str) -> None:
    assert host_of(network, target).name == label


REFUSED: dict[str, tuple[Network, Target, type[Exception], str]] = {
    "an unknown host": (BOTH, Target(80, host="x"), UsageError, "no host 'x' was read; the hosts are one, two"),
    "a container of two others": (
        Network((having(node("one")), TWO, msgspec.structs.replace(TWO, name="three"))),
        Target(container="api"), UsageError, "write one of api@two, api@three",
    ),
    "an unknown container": (BOTH, Target(container="x"), UsageError, "containers: api@two, db@one, web@one, web@two"),
    "a container that may be on the host that was not read": (
        Network((ONE, GONE)), Target(container="x"), CollectError, "gone could not be read: no answer",
    ),
    "a container that this host may have, too": (
        Network((GONE, ONE)), Target(container="db"), CollectError,
        "may be meant, but it could not be read: no answer; .* write one of db@one",
    ),
    "an address of another host than the named one": (
        BOTH, Target(80, version=4, address=ADDRESSES["two"], host="one"), UsageError, "belongs to two, not to one",
    ),
    "a host that was not read": (Network((ONE, GONE)), Target(80, host="gone"), CollectError, "no answer"),
}  # fmt: skip


@each_row(("network", "target", "kind", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(network: Network, target: Target, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        host_of(network, target)


@pytest.mark.parametrize(
    ("name", "written"), (("198.51.100.77", "198.51.100.77:PORT"), ("2001:db8::77", r"\[2001:db8::77\]:PORT"))
)
def test_no_container_has_the_address(name: str, written: str) -> None:
    with pytest.raises(UsageError, match=f"no container has the address {name}. Write {written}"):
        host_of(BOTH, Target(container=name))


ABSENT = {"this host": (ONE, "this host has no container or alias 'x' .containers: db, web"),
          "another host": (TWO, "two has no container or alias 'x' .containers: api, web")}  # fmt: skip


@pytest.mark.parametrize(("host", "said"), ABSENT.values(), ids=ABSENT)
def test_a_container_that_the_host_does_not_have(host: Host, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        container_named(BOTH, host, "x")


def test_without_a_label_the_first_host_is_meant() -> None:
    assert host_named(BOTH, "") is ONE
    assert host_named(BOTH, "two") is TWO


def test_a_container_may_be_of_a_daemon_that_was_not_asked() -> None:
    whole = network()
    beside = (EngineBeside(812, 0, ("unix:///run/d2.sock",)),)
    host = msgspec.structs.replace(whole.this, beside=beside)
    with pytest.raises(CollectError, match=r"did not ask another dockerd of .*: DOCKER_HOST=unix"):
        containers_named(whole, host, "second")
    assert containers_named(whole, host, "web")[0].name == "web"


IDLE: dict[str, tuple[IdleContainer, str]] = {
    "with a port": (
        IdleContainer("ann", 1001, "podman", "second", ports=(PortBinding("tcp", 80, 8090, actual=False),)),
        "belongs to ann on test and does not run.*podman start second.; to see why: hairpin check 8090",
    ),
    "without": (IdleContainer("ann", 1001, "podman", "second"), "run `podman start second`$"),
    "of a pod": (IdleContainer("ann", 1001, "podman", "first, second", pod="18"), "podman pod start 18"),
}


@pytest.mark.parametrize(("container", "said"), IDLE.values(), ids=IDLE)
def test_a_container_may_be_of_a_user_for_whom_no_engine_runs(container: IdleContainer, said: str) -> None:
    whole = network()
    host = msgspec.structs.replace(whole.this, idle=(container,))
    with pytest.raises(CollectError, match=said):
        containers_named(whole, host, "second")
    with pytest.raises(UsageError, match="no container or alias 'third'"):
        containers_named(whole, host, "third")


@pytest.mark.parametrize(("address", "named"), (("172.17.0.2", ["web"]), ("fd00::2", ["web"]), ("172.17.0.3", [])))
def test_a_container_is_named_by_its_address(address: str, named: list[str]) -> None:
    ends = (Endpoint("bridge", ipv4=0xAC110002, ipv6=0xFD << 120 | 2),)
    engine = Engine("docker", "", containers=(Container("1" * 12, "web", "running", endpoints=ends),))
    found = msgspec.structs.replace(ONE, engines=(engine,)).containers_named(address)
    assert [each.name for each in found] == named

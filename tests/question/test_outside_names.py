"""A container asks for a name of the outside: its way out and its name servers, and no look-up."""

import msgspec
import pytest

from hairpin.errors import UnknownNameError
from hairpin.host.docker import Container
from hairpin.host.managers import ConfigFile
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.target import is_outside_name, parse_target
from tests.rows import each_row
from tests.small_host import container, engine, network

WEB = Origin("container", container="web")


def of(*containers: Container) -> Network:
    return network(docker=engine(*(containers or (container(),))))


def asked(text: str, origin: Origin | None = WEB, net: Network | None = None) -> tuple[Flow, ...]:
    return flows_for(net or of(), (parse_target(text),), origin)


@pytest.mark.parametrize(
    ("text", "port", "protocol"),
    (
        ("example.com", 443, "tcp"),
        ("example.com:587", 587, "tcp"),
        ("example.com:123/udp", 123, "udp"),
        ("http://example.com/path", 80, "tcp"),
    ),
)
def test_the_way_out_stands_for_the_way_to_the_name(text: str, port: int, protocol: str) -> None:
    flows = asked(text)
    outward = [each for each in flows if each.purpose == "egress"]
    assert [(each.dport, each.protocol, each.invented) for each in outward] == [(port, protocol, True)]
    assert {each.dport for each in flows if each.purpose == "dns"} <= {53}


@pytest.mark.parametrize("change", ({"status": "exited", "netns": None, "pid": None}, {"status": "paused"}))
def test_a_container_that_does_not_run_is_asked_all_the_same(change: dict[str, object]) -> None:
    (flow,) = asked("example.com:587", net=of(msgspec.structs.replace(container(), **change)))
    assert (flow.dport, flow.purpose) == (587, "egress")


def resolving(container: Container, *files: tuple[str, str]) -> Network:
    """Return the network of a host with these files, each with the name server in it."""
    net = of(container)
    texts = tuple(ConfigFile(path, f"nameserver {server}\n") for path, server in files)
    return msgspec.structs.replace(net, hosts=(msgspec.structs.replace(net.this, files=texts),))


CONF, RESOLVED = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
ON_HOST = msgspec.structs.replace(container(), netns="host", network_mode="host", resolvers=("198.51.100.53",))
OWN: dict[str, tuple[Network, Origin, list[str]]] = {
    "a container's copy": (resolving(ON_HOST, (CONF, "198.51.100.20")), WEB, ["198.51.100.53"]),
    "the host": (resolving(ON_HOST, (CONF, "198.51.100.20")), Origin("host"), ["198.51.100.20"]),
    "the host's stub, and what it asks": (
        resolving(ON_HOST, (CONF, "127.0.0.53"), (RESOLVED, "198.51.100.20")),
        Origin("host"),
        ["127.0.0.53", "198.51.100.20"],
    ),
    "IPv6, which the host does not have": (resolving(ON_HOST, (CONF, "2001:db8::53")), Origin("host"), []),
    "nothing read": (of(ON_HOST), Origin("host"), []),
}


@each_row(("net", "origin", "servers"), OWN.values(), ids=OWN)
def test_who_is_on_the_hosts_network_asks_as_the_host(net: Network, origin: Origin, servers: list[str]) -> None:
    outward, *names = asked("example.com", origin, net)
    assert (outward.start, outward.dport, outward.purpose) == (FromHost(), 443, "asked")
    assert {(each.start, each.dport, each.purpose) for each in names} <= {(FromHost(), 53, "dns")}
    assert [address_text(each.daddr, each.version) for each in names] == servers
    assert all(each.container == origin.container for each in names)


def test_a_name_server_of_the_host_is_no_program_of_the_container() -> None:
    stub = msgspec.structs.replace(ON_HOST, resolvers=("127.0.0.53",))
    _, *names = asked("example.com", WEB, resolving(stub, (CONF, "127.0.0.53"), (RESOLVED, "198.51.100.20")))
    assert [each.container for each in names] == [None, "web"]


@pytest.mark.parametrize("origin", (None, Origin("lan")))
def test_only_a_container_or_the_host_asks_for_a_name(origin: Origin | None) -> None:
    with pytest.raises(UnknownNameError, match=r"--from CONTAINER example\.com") as refused:
        asked("example.com:443", origin)
    assert "getent hosts example.com" in str(refused.value)


@pytest.mark.parametrize("text", ("db:5432", "registry.internal:80", "db.default.svc.cluster.local:80"))
def test_other_unknown_names_are_no_names_of_the_outside(text: str) -> None:
    with pytest.raises(UnknownNameError, match="no container or alias"):
        asked(text)


def test_a_container_whose_name_has_a_dot_is_meant_itself() -> None:
    net = of(container(), msgspec.structs.replace(container(), id="b" * 64, name="my.web", service=None))
    assert all(each.container == "my.web" for each in asked("my.web:80", net=net))
    with pytest.raises(UnknownNameError, match=r"did you mean my\.web"):
        asked("my.wep:80", net=net)


@pytest.mark.parametrize(
    ("name", "expected"), (("example.com", True), ("a-b.c_d.example", True), ("web", False), ("10.0.0.1", False))
)
def test_the_form_of_an_outside_name(name: str, expected: bool) -> None:
    assert is_outside_name(name) is expected

"""Podman's rules compared with those of a real Podman 4.3.1: none is missing, and each that is deleted is."""

import re
from collections.abc import Iterator

import pytest

from hairpin.engines.docker.dockerd import expected
from hairpin.engines.missing import missing
from hairpin.engines.podman import in_known_form, is_known
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Namespace
from hairpin.network.prefix import parse_address
from tests.rows import each_row
from tests.small_host import ruleset

# Both texts: iptables-save on Debian 12, comments left out.
NETAVARK = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:NETAVARK_FORWARD - [0:0]
-A FORWARD -j NETAVARK_FORWARD
-A NETAVARK_FORWARD -d 10.88.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s 10.88.0.0/16 -j ACCEPT
-A NETAVARK_FORWARD -d 10.89.0.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s 10.89.0.0/24 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:NETAVARK-1D8721804F16F - [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-DN-F7FBBA6E0636F - [0:0]
:NETAVARK-F7FBBA6E0636F - [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-MASQ - [0:0]
:NETAVARK-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -j NETAVARK-HOSTPORT-MASQ
-A POSTROUTING -s 10.88.0.0/16 -j NETAVARK-1D8721804F16F
-A POSTROUTING -s 10.89.0.0/24 -j NETAVARK-F7FBBA6E0636F
-A NETAVARK-1D8721804F16F -d 10.88.0.0/16 -j ACCEPT
-A NETAVARK-1D8721804F16F ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-DN-1D8721804F16F -s 10.88.0.0/16 -p tcp -m tcp --dport 8180 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -s 127.0.0.1/32 -p tcp -m tcp --dport 8180 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8180 -j DNAT --to-destination 10.88.0.2:80
-A NETAVARK-DN-1D8721804F16F -s 10.88.0.0/16 -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -s 127.0.0.1/32 -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j DNAT --to-destination 10.88.0.2:81
-A NETAVARK-DN-F7FBBA6E0636F -s 10.89.0.0/24 -p udp -m udp --dport 8182 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-F7FBBA6E0636F -s 127.0.0.1/32 -p udp -m udp --dport 8182 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-F7FBBA6E0636F -p udp -m udp --dport 8182 -j DNAT --to-destination 10.89.0.2:80
-A NETAVARK-F7FBBA6E0636F -d 10.89.0.0/24 -j ACCEPT
-A NETAVARK-F7FBBA6E0636F ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8180 -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8181 -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-DNAT -p udp -m udp --dport 8182 -j NETAVARK-DN-F7FBBA6E0636F
-A NETAVARK-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
COMMIT
"""
CNI = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:CNI-ADMIN - [0:0]
:CNI-FORWARD - [0:0]
-A FORWARD -j CNI-FORWARD
-A CNI-FORWARD -j CNI-ADMIN
-A CNI-FORWARD -d 10.88.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s 10.88.0.2/32 -j ACCEPT
-A CNI-FORWARD -d 10.89.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s 10.89.0.2/32 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-5ecabe68a082bc2cbaf43edc - [0:0]
:CNI-DN-5ecabe68a082bc2cbaf43 - [0:0]
:CNI-DN-cbcc7d53ea8e0c2d2a0e1 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
:CNI-cbcc7d53ea8e0c2d2a0e1526 - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -j CNI-HOSTPORT-MASQ
-A POSTROUTING -s 10.88.0.2/32 -j CNI-cbcc7d53ea8e0c2d2a0e1526
-A POSTROUTING -s 10.89.0.2/32 -j CNI-5ecabe68a082bc2cbaf43edc
-A CNI-5ecabe68a082bc2cbaf43edc -d 10.89.0.0/24 -j ACCEPT
-A CNI-5ecabe68a082bc2cbaf43edc ! -d 224.0.0.0/4 -j MASQUERADE
-A CNI-DN-5ecabe68a082bc2cbaf43 -s 10.89.0.0/24 -p udp -m udp --dport 8182 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-5ecabe68a082bc2cbaf43 -s 127.0.0.1/32 -p udp -m udp --dport 8182 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-5ecabe68a082bc2cbaf43 -p udp -m udp --dport 8182 -j DNAT --to-destination 10.89.0.2:80
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -s 10.88.0.0/16 -p tcp -m tcp --dport 8180 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -s 127.0.0.1/32 -p tcp -m tcp --dport 8180 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -p tcp -m tcp --dport 8180 -j DNAT --to-destination 10.88.0.2:80
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -s 10.88.0.0/16 -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -s 127.0.0.1/32 -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-cbcc7d53ea8e0c2d2a0e1 -d 127.0.0.1/32 -p tcp -m tcp --dport 8181 -j DNAT --to-destination 10.88.0.2:81
-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8180,8181 -j CNI-DN-cbcc7d53ea8e0c2d2a0e1
-A CNI-HOSTPORT-DNAT -p udp -m multiport --dports 8182 -j CNI-DN-5ecabe68a082bc2cbaf43
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A CNI-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
-A CNI-cbcc7d53ea8e0c2d2a0e1526 -d 10.88.0.0/16 -j ACCEPT
-A CNI-cbcc7d53ea8e0c2d2a0e1526 ! -d 224.0.0.0/4 -j MASQUERADE
COMMIT
"""


def _network(name: str, subnet: str, length: int, *, internal: bool = False) -> DockerNetwork:
    value = parse_address(subnet)[1]
    blocks = (Subnet(4, value, length, value + 1),)
    return DockerNetwork(name, name, "bridge", internal=internal, subnets=blocks, bridge=f"bridge-{name}")


def _container(name: str, own: str, address: str, length: int, *bindings: PortBinding, to: str) -> Container:
    endpoint = Endpoint(to, to, ipv4=parse_address(address)[1], ipv4_prefix_length=length)
    return Container(own, name, "running", bindings=bindings, endpoints=(endpoint,))


NETWORKS = (
    _network("podman", "10.88.0.0", 16),
    _network("foo", "10.89.0.0", 24),
    _network("int", "10.89.1.0", 24, internal=True),
)
WEB = (PortBinding("tcp", 80, 8180), PortBinding("tcp", 81, 8181, 0x7F000001))
FOO = (PortBinding("udp", 80, 8182),)
INSIDE = _container("cint", "f" * 64, "10.89.1.2", 24, PortBinding("tcp", 80, 8184), to="int")


def _engine(backend: str, web: str, foo: str, version: str = "1.4.0") -> Engine:
    containers = (
        _container("cweb", web, "10.88.0.2", 16, *WEB, to="podman"),
        _container("cfoo", foo, "10.89.0.2", 24, *FOO, to="foo"),
        INSIDE,
    )
    return Engine(
        "podman", "4.3.1", containers=containers, networks=NETWORKS, network_backend=backend, network_version=version
    )


ENGINES: dict[str, tuple[Engine, str]] = {
    "netavark": (_engine("netavark", "8" * 64, "2" * 64), NETAVARK),
    "cni": (
        _engine(
            "cni",
            "7880b939351e2f2f33570080d7751f70253278e6141c6481e3db47de241791aa",
            "a9cd509fc7319da7a665e314b7aa2d8532ff54b1c6e87abf46d1531af13dbd80",
        ),
        CNI,
    ),
}


def _without_each(text: str) -> Iterator[tuple[str, str]]:
    """Yield each rule of the text, and the text without it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("-A"):
            yield line, "\n".join((*lines[:number], *lines[number + 1 :])) + "\n"


@pytest.mark.parametrize(("engine", "text"), ENGINES.values(), ids=ENGINES)
def test_a_real_host_lacks_nothing(engine: Engine, text: str) -> None:
    lost = missing(engine, Namespace("host", ruleset=ruleset(text)))
    assert not lost
    assert lost.undecided == ()


@pytest.mark.parametrize(("engine", "text"), ENGINES.values(), ids=ENGINES)
def test_each_deleted_rule_is_missing(engine: Engine, text: str) -> None:
    for line, rest in _without_each(text):
        lost = missing(engine, Namespace("host", ruleset=ruleset(rest)))
        said = (re.sub('-m comment --comment "[^"]*" ', "", each.rule.text) for each in lost.rules)
        assert list(said) == [line]
        assert lost.chains == ()


@pytest.mark.parametrize(("engine", "text"), ENGINES.values(), ids=ENGINES)
def test_of_stopped_containers_nothing_is_expected(engine: Engine, text: str) -> None:
    assert text
    stopped = tuple(Container(each.id, each.name, "exited", bindings=each.bindings) for each in engine.containers)
    idle = Engine(
        "podman",
        "4.3.1",
        containers=stopped,
        networks=NETWORKS,
        network_backend=engine.network_backend,
        network_version="1.4.0",
    )
    assert expected(idle, Namespace("host")).rules == ()


NATIVE = "*filter\n:FORWARD ACCEPT [0:0]\n:NETAVARK-ISOLATION-1 - [0:0]\nCOMMIT\n"


def test_of_another_netavark_all_rules_are_missing_or_nothing_is_told() -> None:
    newer = _engine("netavark", "8" * 64, "2" * 64, "1.14.0")
    assert not is_known(newer)
    lost = missing(newer, Namespace("host"))
    assert lost.rules == lost.wanted.rules != ()
    some = missing(newer, Namespace("host", ruleset=ruleset(NATIVE)))
    assert not some
    assert some.undecided


LEADING = """*nat
:POSTROUTING ACCEPT [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-1D8721804F16F - [0:0]
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8180:8181 -j DNAT --to-destination 10.88.0.2:80-81/8180
-A NETAVARK-DN-1D8721804F16F -p udp -m udp --dport 8182 -j DNAT --to-destination 10.89.0.2:80
-A NETAVARK-1D8721804F16F -s 10.88.0.0/16 -j MASQUERADE
-A NETAVARK-1D8721804F16F -s 10.89.0.0/24 -j MASQUERADE
COMMIT
"""


@each_row(("lost", "names"), (("", ""), ("8182", "b"), ("10.88.0.0/16", "a")))
def test_of_another_netavark_the_rules_of_all_containers_are_there_or_some_are_not(lost: str, names: str) -> None:
    """Each container needs rules about its subnet, and a rule for each published port."""
    newer = _engine("netavark", "8" * 64, "2" * 64, "1.17.2")
    kept = "".join(line for line in LEADING.splitlines(keepends=True) if not lost or lost not in line)
    found = missing(newer, Namespace("host", ruleset=ruleset(kept)))
    assert not found
    assert bool(found.undecided) == bool(names)


def test_a_container_that_starts_has_the_rules_of_a_netavark_that_hairpin_knows() -> None:
    newer = _engine("netavark", "8" * 64, "2" * 64, "1.17.2")
    first, second, *_ = newer.containers
    alike = in_known_form(newer, first)
    assert alike is not None
    rules = missing(alike, Namespace("host", ruleset=ruleset(NATIVE))).rules
    assert {each.container for each in rules} == {None, first.name}
    assert in_known_form(_engine("netavark", "8" * 64, "2" * 64, "1.4.0"), second) is None


@pytest.mark.parametrize(
    "engine",
    (_engine("", "8" * 64, "2" * 64), Engine("podman", "4.3.1", rootless=True, network_backend="cni")),
    ids=("no back end told", "rootless"),
)
def test_what_is_not_known_is_not_missing(engine: Engine) -> None:
    lost = missing(engine, Namespace("host"))
    assert not lost
    assert len(lost.undecided) == 1

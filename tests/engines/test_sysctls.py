"""Kernel settings beside the rules."""

import msgspec

from hairpin.engines.docker.dockerd import expected
from hairpin.host.docker import Engine
from tests.engines.hosts import DOCKER0, EMPTY, N1, SIX, docker, network
from tests.rows import each_row

QUIET = network("quiet", "172.33.0.0/16", options=(("enable_icc", "false"),))
IP_FORWARD = "net.ipv4.ip_forward"
FORWARD_6 = "net.ipv6.conf.all.forwarding"
CALL, CALL_6 = "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"


def engine(version: str, *, proxy: bool = True) -> Engine:
    return msgspec.structs.replace(docker(version, N1), userland_proxy=proxy)


WRITTEN: dict[str, tuple[Engine, set[str]]] = {
    "forwarding": (engine("20.10.24"), {IP_FORWARD}),
    "told not to": (msgspec.structs.replace(engine("20.10.24"), ip_forward=False), set()),
    "IPv6": (docker("20.10.24", SIX), {IP_FORWARD, FORWARD_6, "net.ipv6.conf.default.forwarding"}),
    "without a proxy": (engine("20.10.24", proxy=False), {IP_FORWARD, "net.ipv4.conf.br-n1.route_localnet"}),
    "without a proxy, since 27.4": (
        engine("27.4.0", proxy=False),
        {IP_FORWARD, "net.ipv4.conf.br-n1.route_localnet", CALL},
    ),
    "icc off": (docker("20.10.24", QUIET), {IP_FORWARD, CALL}),
    "icc off without iptables": (msgspec.structs.replace(docker("20.10.24", QUIET), iptables=False), {IP_FORWARD}),
}


@each_row(("host", "names"), WRITTEN.values(), ids=WRITTEN)
def test_sysctls(host: Engine, names: set[str]) -> None:
    assert {".".join(one.path) for one in expected(host, EMPTY).sysctls} == names


def test_icc_off_in_ipv6() -> None:
    quiet = network("quiet", "fd00::/64", "172.33.0.0/16", options=(("enable_icc", "false"),))
    assert CALL_6 in {".".join(one.path) for one in expected(docker("27.0.3", quiet), EMPTY).sysctls}


POLICIES: dict[str, tuple[Engine, dict[str, bool]]] = {
    "depends on what it found": (docker("20.10.24", DOCKER0), {"ip": False}),
    "always for IPv6": (docker("27.5.1", DOCKER0), {"ip": False, "ip6": True}),
    "since 28 only where IPv6 is used": (docker("28.5.2", DOCKER0), {"ip": False}),
    "since 28 with IPv6": (docker("28.5.2", SIX), {"ip": False, "ip6": False}),
    "nftables has none": (msgspec.structs.replace(docker("29.0.0", SIX), firewall_backend="nftables"), {}),
    "told to leave it": (msgspec.structs.replace(docker("28.5.2", SIX), ip_forward_no_drop=True), {}),
    "no forwarding, no policy": (msgspec.structs.replace(docker("20.10.24", DOCKER0), ip_forward=False), {}),
}


@each_row(("host", "certain"), POLICIES.values(), ids=POLICIES)
def test_policies(host: Engine, certain: dict[str, bool]) -> None:
    assert {one.family: one.certain for one in expected(host, EMPTY).policies} == certain

"""An expectation that is not met says what has changed."""

import msgspec

from hairpin.change.expect import (
    ChainIs,
    ContainerIs,
    EndpointIs,
    EntryIs,
    Expectation,
    LinkIs,
    ManagerRuns,
    OnHost,
    PortIs,
    ProcessIs,
    RestartPolicyIs,
    RuleIs,
    SourceIs,
    SysctlIs,
    TableIs,
    UnitIs,
    ZoneIs,
    table_digest,
    unmet,
    unmet_on_host,
)
from hairpin.host.link import Address, Link
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule
from hairpin.netfilter.ir import Dialect, Family
from tests.rows import each_row
from tests.small_host import GATEWAY, host_namespace, network, route

HOST = host_namespace(values={"ip_forward": "0"})
ETH0 = next(each for each in HOST.links if each.name == "eth0")
(NAT, FILTER) = HOST.ruleset.tables
GUARDED = msgspec.structs.replace(
    network(HOST).this,
    firewalld=Firewalld(True, runtime=(FirewalldZone("public", interfaces=("eth0",), ports=("8151/tcp",)),)),
)
PLACE: tuple[Dialect, Family, str] = ("iptables-nft", "ip", "filter")

# an expectation that is met, one that is not, and the sentence about it
CASES: dict[str, tuple[Expectation, Expectation, str]] = {
    "sysctl": (
        SysctlIs(("net", "ipv4", "ip_forward"), "0"), SysctlIs(("net", "ipv4", "ip_forward"), "1"),
        "net.ipv4.ip_forward was 1 and is 0",
    ),
    "rule": (
        RuleIs(*PLACE, "FORWARD", 1, "-A FORWARD -j DOCKER-USER"), RuleIs(*PLACE, "FORWARD", 1, "-A FORWARD -j DROP"),
        "rule 1 of ip filter FORWARD was '-A FORWARD -j DROP' and is '-A FORWARD -j DOCKER-USER'",
    ),
    "chain": (ChainIs(*PLACE, "DOCKER", there=True), ChainIs(*PLACE, "DOCKER", there=False), "chain DOCKER"),
    "policy": (
        ChainIs(*PLACE, "FORWARD", there=True, policy="drop"), ChainIs(*PLACE, "FORWARD", there=True, policy="accept"),
        "chain FORWARD",
    ),
    "table": (TableIs(*PLACE, table_digest(FILTER)), TableIs(*PLACE, table_digest(NAT)), "has changed"),
    "address": (
        EntryIs(Address("docker0", 4, GATEWAY, 16), there=True),
        EntryIs(Address("docker0", 4, GATEWAY, 16), there=False), "exists already",
    ),
    "route": (
        EntryIs(route("172.17.0.0/16", "docker0"), there=True), EntryIs(route("10.0.0.0/8", "eth0"), there=True),
        "route 10.0.0.0/8 in table 254 is gone",
    ),
    "policy rule": (EntryIs(PolicyRule(4, 9), there=False), EntryIs(PolicyRule(4, 9), there=True), "is gone"),
    "neighbour": (
        EntryIs(Neighbour("eth0", 4, 7, 7, "PERMANENT"), there=False),
        EntryIs(Neighbour("eth0", 4, 7, 7, "PERMANENT"), there=True), "neighbour entry 0.0.0.7 on eth0",
    ),
    "forwarding": (
        EntryIs(FdbEntry("docker0", "veth1", 7), there=False),
        EntryIs(FdbEntry("docker0", "veth1", 7), there=True),
        "forwarding entry on veth1",
    ),
    "link": (LinkIs(ETH0), LinkIs(Link(9, "gone")), "link gone is gone"),
    "carrier": (LinkIs(ETH0), LinkIs(msgspec.structs.replace(ETH0, carrier=False)), "has changed"),
    "container": (ContainerIs("web", "running"), ContainerIs("web", "exited"), "was exited and is running"),
    "unit": (ContainerIs("web", "running"), UnitIs("a", "enabled", "active"), "a is no longer enabled and active"),
    "attached": (
        EndpointIs("web", "bridge", there=True), EndpointIs("web", "front", there=True),
        "container web is no longer attached to front",
    ),
    "not attached": (
        EndpointIs("web", "front", there=False), EndpointIs("web", "bridge", there=False),
        "container web is already attached to bridge",
    ),
    "restart policy": (
        RestartPolicyIs("web", "no"), RestartPolicyIs("web", "always"),
        "the restart policy of container web was always and is no",
    ),
    "no such container": (ContainerIs("web", "running"), RestartPolicyIs("db", "no"), "container db is gone"),
    "firewalld": (ManagerRuns("firewalld"), PortIs("public", "80/tcp", False, True), "80/tcp is no longer open"),
    "ufw": (ManagerRuns("firewalld"), ManagerRuns("ufw"), "ufw is not enabled"),
    "port": (
        PortIs("public", "8151/tcp", False, True), PortIs("public", "8151/tcp", False, False),
        "port 8151/tcp is already open in zone public",
    ),
    "zone": (ZoneIs("eth0", "public", False), ZoneIs("eth0", "trusted", False), "was in zone trusted of firewalld"),
    "source": (
        SourceIs("public", "10.9.0.0/16", False, there=False), SourceIs("public", "10.9.0.0/16", False, there=True),
        "10.9.0.0/16 is no longer a source of zone public",
    ),
    "zone in the files": (ZoneIs("eth0", None, True), ZoneIs("eth0", "public", True), "and is in none"),
    "process": (ContainerIs("web", "running"), ProcessIs(7, halted=True), "process 7"),
}  # fmt: skip


def said(expected: Expectation) -> str:
    if isinstance(expected, OnHost):
        return str(unmet_on_host(expected, GUARDED) or "")
    return str(unmet(expected, HOST) or "")


@each_row(("met", "other", "words"), CASES.values(), ids=CASES)
def test_expectations(met: Expectation, other: Expectation, words: str) -> None:
    assert said(met) == ""
    assert words in said(other)


def test_a_gateway_of_untold_family_is_of_the_routes_own() -> None:
    """A cause proposes a route by its gateway alone; the kernel's listing tells the family, too."""
    held = next(each for each in HOST.routes if any(hop.gateway is not None for hop in each.next_hops))
    hops = tuple(msgspec.structs.replace(hop, gateway_version=None) for hop in held.next_hops)
    untold = msgspec.structs.replace(held, next_hops=hops)
    told = msgspec.structs.replace(
        held, next_hops=tuple(msgspec.structs.replace(hop, gateway_version=4) for hop in hops)
    )
    namespace = msgspec.structs.replace(HOST, routes=(told,))
    assert unmet(EntryIs(untold, there=True), namespace) is None
    assert unmet(EntryIs(untold, there=False), namespace) is not None
    other = msgspec.structs.replace(
        held, next_hops=tuple(msgspec.structs.replace(hop, gateway_version=6) for hop in hops)
    )
    assert unmet(EntryIs(other, there=True), namespace) is not None

"""Forwarding, the reverse-path filter, hop limits: what sysctls say."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import DockerNetwork, Subnet
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.route import PolicyRule
from hairpin.network.flow import Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case
from tests.causes.hosts import asked, with_host, with_second_uplink
from tests.causes.ipv6_hosts import with_ipv6
from tests.causes.route_hosts import routed, with_inner_values, with_router_inside
from tests.rule_text import in_table
from tests.small_host import HOST_NETNS, container, egress, engine, host_namespace, local, network, published, route
from tests.two_uplinks import LENIENT, STRICT, TO_SECOND, two_uplinks


def marked_back(**values: str) -> Network:
    """Return the host whose default route is by eth1, and by eth0 for the marked packets that come in there.

    ``values``: sysctls beside the strict ``rp_filter`` of eth0."""
    text = "98: from all lookup main suppress_prefixlength 0"
    main = PolicyRule(4, 98, table=254, suppress_prefix_length=0, text=text)
    by_mark = PolicyRule(4, 99, table=100, mark=(1, 0xFFFFFFFF), text="99: from all fwmark 0x1 lookup 100")
    host = routed(main, by_mark, default_in=100).namespace(HOST_NETNS)
    kept = host_namespace(
        in_table("mangle", "PREROUTING", "-i eth0 -j MARK --set-xmark 0x1/0xffffffff"),
        values={"conf__eth0__rp_filter": "1", **values},
    )
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, Link(9, "eth1", evidence="e5")),
            addresses=(*host.addresses, Address("eth1", 4, parse_address("203.0.113.2")[1], 24)),
            routes=(
                *host.routes,
                local("203.0.113.2/32", "eth1"),
                route("203.0.113.0/24", "eth1"),
                route("default", "eth1", via="203.0.113.1"),
            ),
            sysctls=kept.sysctls,
            ruleset=kept.ruleset,
        )
    )


def covering_client(built: Network) -> Network:
    """Return the host with a Docker network whose subnet has the client's address."""
    host = built.namespace(HOST_NETNS)
    subnet = Subnet(4, parse_address("192.0.2.0")[1], 28, parse_address("192.0.2.1")[1])
    other = DockerNetwork("n2", "backend", "bridge", subnets=(subnet,), bridge="br-2")
    docker = engine(container())
    return with_host(
        built,
        namespaces=(
            msgspec.structs.replace(
                host,
                links=(*host.links, Link(11, "br-2", "bridge", bridge=BridgeInfo())),
                routes=(*host.routes, route("192.0.2.0/28", "br-2")),
            ),
            *built.this.namespaces[1:],
        ),
        engines=(msgspec.structs.replace(docker, networks=(*docker.networks, other)),),
    )


DIRECTED = msgspec.structs.replace(egress(), daddr=parse_address("198.51.100.255")[1], protocol="udp", dport=9)


def broadcasting(**values: str) -> Network:
    """Return the host with its own broadcast address on eth0."""
    to_all = msgspec.structs.replace(local("198.51.100.255/32", "eth0"), type="broadcast")
    base = host_namespace(values=values)
    return network(msgspec.structs.replace(base, routes=(*base.routes, to_all)))


KEPT = {"conf__all__bc_forwarding": "0", "conf__docker0__bc_forwarding": "0"}
SENT_ON = {"conf__all__bc_forwarding": "1", "conf__docker0__bc_forwarding": "1"}

CASES: dict[str, Case] = {
    "a broadcast to the LAN ends at the container's bridge": Case(
        broadcasting(**KEPT), DIRECTED, ("packets-to-many-stay-on-link",), broadcasting(**SENT_ON),
    ),
    "the bridge alone passes broadcasts on": Case(
        broadcasting(**{**SENT_ON, "conf__all__bc_forwarding": "0"}), DIRECTED, ("packets-to-many-stay-on-link",),
        broadcasting(**SENT_ON),
    ),
    "a strict reverse path refuses the router's ARP request": Case(
        with_router_inside("1"), published(), ("rp-filter-strict",), with_router_inside("2"),
    ),
    "one interface does not forward": Case(
        network(host_namespace(values={"conf__eth0__forwarding": "0"})), published(), ("interface-forwarding-off",),
    ),
    "a container's packets start with a TTL of 1": Case(
        with_inner_values(ip_default_ttl="1"), published(), ("hop-limit-too-low",),
        with_inner_values(ip_default_ttl="64"),
    ),
    "a container's packets start with a TTL of 1, and it asks": Case(
        with_inner_values(ip_default_ttl="1"), egress(), ("hop-limit-too-low",), with_inner_values(ip_default_ttl="2"),
    ),
    "no interface forwards": Case(
        network(host_namespace(values={
            "ip_forward": "0", "conf__all__forwarding": "0", "conf__eth0__forwarding": "0",
            "conf__docker0__forwarding": "0",
        })),
        published(), ("ip-forward-off",),
    ),
    "IPv6 is not forwarded": Case(
        with_ipv6("0"), asked(Outside(parse_address("2001:db8:9::10")[1]), "fd00::2", 80), ("ipv6-forwarding-off",),
        with_ipv6("1"),
    ),
    "replies leave by another link": Case(
        with_second_uplink(rp_filter="1"), published(), ("rp-filter-strict",), with_second_uplink(rp_filter="2"),
    ),
    "the answer would leave by another uplink, too": Case(
        two_uplinks(values={"conf__eth1__rp_filter": "1"}), TO_SECOND, ("rp-filter-strict",), two_uplinks(),
    ),
    "the route back is right with the mark alone": Case(
        marked_back(), published(), ("src-valid-mark-off",), marked_back(conf__all__src_valid_mark="1"),
    ),
    "strict, and a container network covers the client": Case(
        covering_client(with_second_uplink(rp_filter="1")), published(),
        ("rp-filter-strict", "client-inside-container-subnet"), with_second_uplink(rp_filter="2"),
    ),
}  # fmt: skip


STRICT_SECOND = {"conf__eth1__rp_filter": "1"}


def test_a_proof_does_not_stand_on_a_router_that_takes_foreign_sources() -> None:
    """With a loose filter alone the answer leaves by eth0 with eth1's address, which the router there may drop."""
    for world in (None, STRICT):
        found = diagnose(two_uplinks(values=STRICT_SECOND, world=world), TO_SECOND)
        assert [each.cause for each in found.causes] == ["rp-filter-strict"]
        kinds = [type(part).__name__ for part in found.causes[0].candidate.change.parts]
        assert kinds == ["SetSysctl", "InsertRule", "InsertRule", "AddEntry"]
        assert found.proof is not None
        assert found.proof.repaired is not None
        assert not found.proof.repaired.rests_on_grant


@pytest.mark.parametrize(
    "net",
    (
        two_uplinks(values=STRICT_SECOND, world=LENIENT),  # the router is known to take them
        two_uplinks(values=STRICT_SECOND, router=False),  # no other way is known
    ),
)
def test_a_loose_filter_is_the_repair_where_no_router_is_in_the_way_or_nothing_else_helps(net: Network) -> None:
    found = diagnose(net, TO_SECOND)
    assert [type(part).__name__ for part in found.causes[0].candidate.change.parts] == ["SetSysctl"]

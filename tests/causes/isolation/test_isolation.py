"""An engine keeps containers and networks apart."""

from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import DockerNetwork, Endpoint, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case
from tests.causes.firewall_hosts import GUARDED, OUTSIDE, first_remedy
from tests.causes.hosts import FROM_DB, asked, ruled, told, with_db, with_host, with_link
from tests.rule_text import ALL_RULES, STAGE_1, with_chain, with_policy, with_rule
from tests.small_host import (
    HOST_NETNS,
    WEB_ITSELF,
    container,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    sibling,
)

TO_WEB = asked(FROM_DB, "172.17.0.2", 80)


def kept_apart(*, icc: bool) -> Network:
    """Return the host, whose FORWARD is open, with two containers on a network with that setting of ``enable_icc``."""
    let_talk, kept = "-A FORWARD -i docker0 -o docker0 -j ACCEPT", "-A FORWARD -i docker0 -o docker0 -j DROP"
    open_rules = with_policy("FORWARD", "ACCEPT", ALL_RULES)
    host = host_namespace(open_rules if icc else open_rules.replace(let_talk, kept))
    host = replace(host, sysctls=host.sysctls.with_value(("net", "bridge", "bridge-nf-call-iptables"), "1"))
    option = ("com.docker.network.bridge.enable_icc", "true" if icc else "false")
    described = told()
    made_so = replace(described.networks[0], options=(option,))
    return with_db(host, docker=replace(described, networks=(made_so,)))


ISOLATED = with_chain("DOCKER-ISOLATION-STAGE-1", "-i docker0 -o br1 -j DROP", "-i br1 -o docker0 -j DROP")


def on_own_bridge(rules: str = ALL_RULES, *, default: bool = False) -> Network:
    """Return the host whose eth0 is a port of br1, on which a network was made; ``default``: it has a default route."""
    host = host_namespace(rules, values={"conf__br1__forwarding": "1"})
    links = tuple(
        replace(each, master="br1", port=BridgePort()) if each.name == "eth0" else each for each in host.links
    )
    way = (route("default", "br1", via="198.51.100.1"),) if default else ()
    address = parse_address("198.51.100.2")[1]
    moved = replace(
        host,
        links=(*links, Link(9, "br1", "bridge", bridge=BridgeInfo(), evidence="e5")),
        addresses=(*(each for each in host.addresses if each.link != "eth0"), Address("br1", 4, address, 24)),
        routes=(
            *(each for each in host.routes if all(hop.link != "eth0" for hop in each.next_hops)),
            local("198.51.100.2/32", "br1"), route("198.51.100.0/24", "br1"), *way,
        ),
    )  # fmt: skip
    subnet = Subnet(4, address - 2, 24, address)
    described = engine(container())
    made = DockerNetwork("n2", "exposed", "bridge", subnets=(subnet,), bridge="br1")
    return network(moved, docker=replace(described, networks=(*described.networks, made)))


_INTERNAL = """*filter
:FORWARD ACCEPT [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-ISOLATION-STAGE-1 ! -s 2001:db8:3::/64 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-1 ! -d 2001:db8:3::/64 -i docker0 -j DROP
COMMIT
"""


def internal_over_ipv6(*, shown: bool = True) -> Network:
    """Return the host with two containers on an internal network with IPv6; ``shown``: br_netfilter shows the bridge's
    frames to ip6tables.  The rules are those of Docker 20.10.24."""
    whole = with_db()
    host = whole.namespace(HOST_NETNS)
    tables = (*host.ruleset.tables, *parse(_INTERNAL, family="ip6", dialect="iptables-nft", source="test"))
    call = ("net", "bridge", "bridge-nf-call-ip6tables")
    host = replace(
        host, ruleset=replace(host.ruleset, tables=tables), sysctls=host.sysctls.with_value(call, "1" if shown else "0")
    )
    whole = whole.with_namespace(HOST_NETNS, host)
    for name, last in (("web", 2), ("db", 3)):
        netns = sibling(f"container:{name}")
        inner = whole.namespace(netns)
        own = (Address("eth0", 6, V6 + last, 64), Address("eth0", 6, parse_address(f"fe80::{last}")[1], 64, "link"))
        routes = (local(f"2001:db8:3::{last}/128", "eth0"), route("2001:db8:3::/64", "eth0"))
        inner = replace(
            inner,
            addresses=(*inner.addresses, *own),
            routes=(*inner.routes, *routes, local(f"fe80::{last}/128", "eth0")),
            sockets=(*inner.sockets, Socket("tcp", 6, None, 80)),
        )
        whole = whole.with_namespace(netns, inner)
    return whole


V6 = parse_address("2001:db8:3::")[1]
TO_WEB6 = replace(TO_WEB, version=6, daddr=V6 + 2)

CASES: dict[str, Case] = {
    "an internal network's rules drop its own discovery": Case(
        internal_over_ipv6(), TO_WEB6, ("isolation-drops-discovery",), internal_over_ipv6(shown=False),
    ),
    "containers of one network are kept apart": Case(
        kept_apart(icc=False), TO_WEB, ("icc-off",), kept_apart(icc=True),
    ),
    "networks are kept apart": Case(
        ruled(with_chain(STAGE_1, "-i docker0 ! -o docker0 -j DROP")), egress(),
        ("isolation-drops-between-bridges",), ruled(ALL_RULES),
    ),
    "a network on the host's own bridge took the host's address and its default route": Case(
        on_own_bridge(), published(address="198.51.100.2"), ("network-on-host-bridge",), on_own_bridge(default=True),
    ),
    "a network on the host's own bridge is isolated from the others": Case(
        on_own_bridge(ISOLATED, default=True), egress(), ("network-on-host-bridge",), on_own_bridge(default=True),
    ),
    "docker 28 drops direct access": Case(
        network(host_namespace(GUARDED), docker=told(version="28.0.1")),
        asked(OUTSIDE, "172.17.0.2", 80), ("raw-drop-direct-routing",),
        ruled(with_rule("filter DOCKER-USER", "-d 172.17.0.2/32 -i eth1 -j DROP")),
    ),
}  # fmt: skip


def two_networks() -> Network:
    """Return the host whose second container is on a network of its own, which is kept apart."""
    apart = with_rule("filter DOCKER-ISOLATION-STAGE-2", "-o br-2 -j DROP", ALL_RULES)
    host = host_namespace(apart, values={"conf__br-2__forwarding": "1"})
    address = parse_address("172.18.0.1")[1]
    host = replace(
        host,
        links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo())),
        addresses=(*host.addresses, Address("br-2", 4, address, 16)),
        routes=(*host.routes, local("172.18.0.1/32", "br-2"), route("172.18.0.0/16", "br-2")),
    )
    subnet = Subnet(4, parse_address("172.18.0.0")[1], 16, address)
    back = DockerNetwork("n2", "zoo", "bridge", subnets=(subnet,), bridge="br-2")
    own = Endpoint("zoo", "n2", parse_address("172.18.0.3")[1], 16)
    db = replace(container(), id="d" * 64, name="db", bindings=(), endpoints=(own,), netns="container:db")
    described = engine(container(), db)
    whole = with_db(host, docker=replace(described, networks=(*described.networks, back)))
    outer, web, inner = whole.this.namespaces
    moved = replace(
        inner,
        addresses=(Address("eth0", 4, own.ipv4 or 0, 16),),
        routes=(
            local("172.18.0.3/32", "eth0"), route("172.18.0.0/16", "eth0"), route("default", "eth0", via="172.18.0.1"),
        ),
        sockets=(Socket("tcp", 4, None, 5432),),
    )  # fmt: skip
    return with_host(whole, namespaces=(with_link(outer, "veth2", master="br-2"), web, moved))


def test_of_podman_the_option_is_named_that_keeps_networks_apart() -> None:
    (docker,) = diagnose(two_networks(), asked(WEB_ITSELF, "172.18.0.3", 5432)).causes
    assert docker.candidate.configured == Configured("network-option", owner="bridge, zoo")
    assert "by design" in str(docker.candidate.detail)
    whole = two_networks()
    (engine_,) = whole.this.engines
    networks = tuple(replace(each, options=(("isolate", "true"),)) for each in engine_.networks)
    whole = with_host(whole, engines=(replace(engine_, kind="podman", networks=networks),))
    (podman, *_) = diagnose(whole, asked(WEB_ITSELF, "172.18.0.3", 5432)).causes
    assert podman.candidate.configured == Configured("network-option", option="isolate=true", owner="zoo")
    assert "as bridge, zoo" in str(podman.candidate.detail)


def test_networks_are_joined_by_a_connection_and_never_by_a_hole() -> None:
    whole = two_networks()
    cause, remedy = first_remedy(whole, asked(WEB_ITSELF, "172.18.0.3", 5432))
    assert cause == "isolation-drops-between-bridges"
    assert remedy.commands == ("docker network connect zoo web",)
    assert not any("is no longer on it" in str(each) for each in remedy.advice)


def test_a_container_that_somebody_took_off_the_common_network_is_told() -> None:
    whole = two_networks()
    made_for = tuple(
        replace(each, network_mode="bridge") if each.name == "db" else each for each in whole.this.engines[0].containers
    )
    engines = (replace(whole.this.engines[0], containers=made_for),)
    _, remedy = first_remedy(with_host(whole, engines=engines), asked(WEB_ITSELF, "172.18.0.3", 5432))
    assert any("`docker network connect bridge db` puts it back" in str(each) for each in remedy.advice)


def test_icc_false_is_named_behind_a_closed_forward_too_and_left_to_a_person() -> None:
    let_talk, kept = "-A FORWARD -i docker0 -o docker0 -j ACCEPT", "-A FORWARD -i docker0 -o docker0 -j DROP"
    described = told(icc=False)
    default = (("com.docker.network.bridge.default_bridge", "true"),)
    described = replace(described, networks=(replace(described.networks[0], options=default),))
    whole = with_db(bridged(ALL_RULES.replace(let_talk, kept)), docker=described)
    cause, remedy = first_remedy(whole, TO_WEB)
    assert (cause, remedy.id, remedy.commands) == ("icc-off", "by-hand", ())


def test_the_same_rule_that_no_option_explains_is_taken_away() -> None:
    rule = "-i docker0 -o docker0 -j DROP"
    cause, remedy = first_remedy(with_db(bridged(with_rule("filter FORWARD", rule, ALL_RULES))), TO_WEB)
    assert (cause, remedy.id) == ("icc-off", "delete-rule")


def bridged(rules: str) -> Namespace:
    """Return the host's namespace, in which iptables sees what a bridge forwards."""
    host = host_namespace(rules)
    path = ("net", "bridge", "bridge-nf-call-iptables")
    return replace(host, sysctls=host.sysctls.with_value(path, "1"))

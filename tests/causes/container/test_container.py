"""A container and its own namespace."""

import pytest
from msgspec.structs import replace

from hairpin.causes.cause import View
from hairpin.causes.container import container_on_internal_network_only
from hairpin.change.calls import ConnectContainer
from hairpin.change.change import SetLink, one
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.search import suspects
from hairpin.host.contact import Tool
from hairpin.host.docker import Endpoint, Engine, Subnet
from hairpin.host.host import Namespace, Unread
from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromContainer, FromHost, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.decided import RuleDecided
from hairpin.walk.walk import walk_flow
from tests.causes.case import Case
from tests.causes.firewall_hosts import first_remedy
from tests.causes.hosts import (
    DB,
    NO_CONTAINER,
    PUBLISHED,
    asked,
    beside,
    comes_and_goes,
    ended_on_loopback,
    ignored,
    on_hidden,
    on_overlay,
    on_two_networks,
    outlived,
    ruled,
    stopped,
    unpublished,
    with_db,
    with_host,
    with_internal,
    with_link,
    without_addresses,
    without_bridge,
)
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, two_macvlans
from tests.podman_host import RULES as PODMANS
from tests.podman_host import with_podman
from tests.rule_text import with_chain, without, without_chain
from tests.small_host import (
    HOST_NETNS,
    OUTSIDE,
    WEB,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    lo,
    network,
    published,
    ruleset,
    sibling,
)
from tests.user_stack_host import on_users_network, pasta, stacked

KEPT_INSIDE = with_chain("DOCKER-ISOLATION-STAGE-1", "-s 172.17.0.2/32 -j DROP")
INTERNAL = replace(container(), endpoints=(Endpoint("priv", "n2", WEB, 16),))
DARK = replace(container(), network_mode="none", bindings=(), endpoints=(), netns=None)
NO_PORTS = without("-j DNAT", "--dport", rules=PODMANS)


def on_podmans_internal() -> Network:
    """Return the host whose container is on an internal network of Podman's; no container is on the default one."""
    whole = with_podman(NO_PORTS, values={"conf__default__forwarding": "1"})
    (described,) = whole.this.engines
    (default,), (web,) = described.networks, described.containers
    priv = replace(default, id="priv", name="priv", internal=True)
    free = replace(default, bridge="podman0", subnets=(Subnet(4, 10 << 24 | 88 << 16, 16),))
    web = replace(web, endpoints=(replace(web.endpoints[0], network="priv"),))
    own = replace(described, networks=(free, priv), containers=(web,))
    return with_host(whole, engines=(own,))


def sharing(web: str, side: str) -> Network:
    """Return the host with two containers in one namespace, in these states: ``web`` listens there."""
    owner = container(web)
    sharer = replace(container(side), id="d" * 64, name="side", bindings=(), endpoints=())
    listening = tuple(replace(each, container=owner.id) for each in container_namespace().sockets)
    return network(inner=container_namespace(listening), docker=engine(sharer, owner))


def without_route_by_option() -> Network:
    """Return the host whose network has Podman's option against a default route."""
    described = engine(container())
    (default,) = described.networks
    closed = replace(default, options=(*default.options, ("no_default_route", "true")))
    return network(inner=container_namespace(default=False), docker=replace(described, networks=(closed,)))


@pytest.mark.parametrize(("version", "verbs"), (("5.4.2", ["reload"]), ("4.9.3", ["stop", "start"])))
def test_only_podman_5_starts_the_process_of_a_users_networks_again(version: str, verbs: list[str]) -> None:
    diagnosis = diagnose(on_users_network(tap=False, version=version), egress())
    calls = diagnosis.causes[0].candidate.change.calls
    assert [getattr(each, "verb", "reload") for each in calls] == verbs


def test_a_route_that_a_network_does_not_give_is_a_decision() -> None:
    of = without_route_by_option()
    (found,) = diagnose(of, published()).causes
    assert found.candidate.configured is not None
    assert found.candidate.configured.option == "no_default_route=true"
    plain = network(inner=container_namespace(default=False))
    assert diagnose(plain, published()).causes[0].candidate.configured is None


def to_web(start: Start, port: int = 80) -> Flow:
    """Return the flow to the container's own address."""
    return Flow(start, 4, WEB, "tcp", port)


def to_child(start: Start) -> Flow:
    """Return the flow to the macvlan's address."""
    return Flow(start, 4, CHILD, "tcp", 80)


FROM_DB = FromContainer("db", sibling("container:db"))
FROM_CHILD = asked(WEB_ITSELF, "198.51.100.11", 22)
NOTHING_BUT_LO = replace(
    container_namespace(), links=container_namespace().links[:1], addresses=container_namespace().addresses[:1],
    routes=container_namespace().routes[:1],
)  # fmt: skip


def with_default(*hops: NextHop) -> Network:
    """Return the host whose container has this default route."""
    inner = container_namespace(default=False)
    return network(inner=replace(inner, routes=(*inner.routes, Route(4, 0, 0, next_hops=hops))))


WITH_TUNL0 = replace(NOTHING_BUT_LO, links=(*NOTHING_BUT_LO.links, Link(2, "tunl0", kind="ipip")))


def with_overlay(inner: Namespace) -> Namespace:
    """Return the container's namespace with its link on the overlay."""
    links = (*inner.links, Link(9, "eth1", kind="veth"))
    return replace(inner, links=links, addresses=(*inner.addresses, Address("eth1", 4, WEB + 256, 24)))


def without_veth(inner: Namespace = NOTHING_BUT_LO, docker: Engine | None = None) -> Network:
    """Return the host after somebody has deleted the container's veth."""
    host = host_namespace()
    kept = tuple(each for each in host.links if each.master != "docker0")
    return network(replace(host, links=kept), inner, docker=docker)


def with_switched_off(**changed: object) -> Network:
    """Return the host whose container was once started under ``bridge=none``; ``changed``: more of the container."""
    asked_for = replace(PUBLISHED, actual=False)
    off = replace(container(binding=asked_for), network_disabled=True, endpoints=(Endpoint("bridge", "n1"),))
    host = without_veth(docker=engine(replace(off, **changed))).namespace(HOST_NETNS)
    ruled_host = replace(host, ruleset=ruleset(NO_CONTAINER), sockets=())
    docker = engine(replace(off, **changed))
    return network(ruled_host, NOTHING_BUT_LO, docker=docker)


ELSEWHERE = parse_address("10.99.0.5")[1]
BARE = without_addresses(container_namespace(), "eth0")
SWARMED = network(inner=with_overlay(container_namespace()), docker=on_overlay())
MOVED = replace(BARE, addresses=(*BARE.addresses, Address("eth0", 4, ELSEWHERE, 24)))
DISCONNECTED = replace(ignored("default"), endpoints=())
_HOST = host_namespace(NO_CONTAINER, sockets=())
LEFT = network(
    replace(_HOST, links=tuple(each for each in _HOST.links if each.master != "docker0")),
    NOTHING_BUT_LO,
    docker=engine(DISCONNECTED),
)
"""The host after somebody has disconnected the container: the engine has removed the veth."""


def left_behind(*, rejoined: bool = False, of: str = "c" * 64) -> Network:
    """Return the host whose container ``side`` has the service of ``web``, whose network it shares, in a namespace that
    ``web`` had before it was started anew; ``rejoined``: after its own restart; ``of``: the id of
    the container whose network it was made to share."""
    side = replace(
        container(), id="d" * 64, name="side", bindings=(), endpoints=(), netns="container:side",
        network_mode=f"container:{of}",
    )  # fmt: skip
    own = Socket("tcp", 4, None, 80, container=side.id)
    old = Namespace("container:side", (lo(),), (Address("lo", 4, 0x7F000001, 8, "host"),), sockets=(own,))
    if rejoined:
        side = replace(side, netns="container:web")
        return network(inner=container_namespace((own,)), docker=engine(container(), side))
    whole = network(inner=container_namespace(()), docker=engine(container(), side))
    return with_host(whole, namespaces=(*whole.this.namespaces, old))


def egress_of(name: str) -> Flow:
    """Return the flow of this container to the outside."""
    return replace(egress(), start=FromContainer(name, sibling(f"container:{name}")), container=name)


OF_DB = replace(
    container("restarting"), id="d" * 64, name="db", bindings=(), endpoints=(Endpoint("bridge", "n1"),), netns=None,
    restart_policy="always",
)  # fmt: skip


def inside_down(whole: Network) -> Network:
    """Return the network in which the container's eth0 is set down."""
    netns = sibling("container:web")
    link = next(each for each in whole.namespace(netns).links if each.name == "eth0")
    return simulate(one(SetLink(netns, replace(link, up=False, carrier=False))), whole)


def without_ipv6() -> Network:
    """Return the host whose container was hardened: IPv6 is off on its eth0, and the addresses went with it."""
    whole, netns = of_ipv6_network(), sibling("container:web")
    inner = whole.namespace(netns)
    off = inner.sysctls.with_value(("net", "ipv6", "conf", "eth0", "disable_ipv6"), "1")
    bare = replace(
        inner,
        sysctls=off,
        addresses=tuple(each for each in inner.addresses if each.version == 4),
        routes=tuple(each for each in inner.routes if each.version == 4),
    )
    return whole.with_namespace(netns, bare)


HAND_MADE = replace(container(), endpoints=(), network_mode="ns:/run/netns/legacy")
"""The container in a namespace that a script made, as of ``podman run --network ns:``."""

BEHIND = Socket("tcp", 4, None, 80, process="httpd", pid=7)
CASES: dict[str, Case] = {
    "it lost its address": Case(
        network(inner=without_addresses(container_namespace(), "eth0")), published(), ("container-address-missing",),
    ),
    "it lost its address, and the default route went with it": Case(
        network(inner=without_addresses(container_namespace(default=False), "eth0")), published(),
        ("container-address-missing",),
    ),
    "it has another address than its engine gave it": Case(
        network(inner=MOVED), published(), ("container-address-missing",),
    ),
    "its veth is gone": Case(without_veth(), published(), ("container-interface-missing",)),
    "its veth is gone, beside a link that the kernel makes in every namespace": Case(
        without_veth(WITH_TUNL0), published(), ("container-interface-missing",),
    ),
    "no container has the address, and the network's bridge is gone": Case(
        without_bridge(LEFT), Flow(FromHost(), 4, WEB, "tcp", 80), ("bridge-missing", "container-address-not-assigned"),
    ),
    "its veth and its network's bridge are gone": Case(
        without_bridge(without_veth()), published(), ("bridge-missing", "container-interface-missing"),
    ),
    "its veth is gone, and it sends": Case(without_veth(), egress(), ("container-interface-missing",)),
    "its default route has no router": Case(
        with_default(NextHop("eth0")), published(), ("container-default-route-missing",),
    ),
    "its default route leads to nobody": Case(
        with_default(NextHop("eth0", WEB + 7)), published(), ("container-default-route-missing",),
    ),
    "it has no default route": Case(
        network(inner=container_namespace(default=False)), published(), ("container-default-route-missing",),
    ),
    "it has no default route, behind pasta": Case(
        pasta(BEHIND, routed=False), published(), ("container-default-route-missing",), pasta(BEHIND),
    ),
    "its link is down, behind pasta": Case(
        pasta(BEHIND, down=True), published(), ("container-link-down",), pasta(BEHIND),
    ),
    "it has no default route, and no engine connected it": Case(
        network(inner=container_namespace(default=False), docker=engine(HAND_MADE)), published(),
        ("container-default-route-missing",), network(docker=engine(HAND_MADE)),
    ),
    "it has no default route, and is on an overlay: its way out is docker_gwbridge": Case(
        network(inner=container_namespace(default=False), docker=on_overlay()), published(),
        ("container-default-route-missing",), network(docker=on_overlay()),
    ),
    "its veth on docker_gwbridge is gone": Case(
        without_veth(with_overlay(NOTHING_BUT_LO), on_overlay()), published(), ("container-interface-missing",),
        SWARMED,
    ),
    "its veth on docker_gwbridge is gone, and it sends": Case(
        without_veth(with_overlay(NOTHING_BUT_LO), on_overlay()), egress(), ("container-interface-missing",), SWARMED,
    ),
    "it has lost its address on docker_gwbridge": Case(
        network(inner=with_overlay(BARE), docker=on_overlay()), published(), ("container-address-missing",), SWARMED,
    ),
    "its link is down": Case(
        network(inner=with_link(container_namespace(), "eth0", up=False)), published(), ("container-link-down",),
    ),
    "its link is down, and the default route went with it": Case(
        network(inner=with_link(container_namespace(default=False), "eth0", up=False)), published(),
        ("container-link-down",),
    ),
    "IPv6 is off inside of it": Case(
        without_ipv6(), asked(FromHost(), "fd00::2", 80), ("container-address-missing",), of_ipv6_network(),
    ),
    "its link is down, and its IPv6 address went with it": Case(
        inside_down(of_ipv6_network()), asked(FromHost(), "fd00::2", 80), ("container-link-down",), of_ipv6_network(),
    ),
    "it cannot start, because the engine's chains are gone": Case(
        network(host_namespace(without_chain("nat", "DOCKER"), sockets=()), docker=engine(container("created"))),
        published(), ("docker-nat-chain-missing", "container-not-running"),
    ),
    "it was created without a network": Case(unpublished(ignored("none")), published(), ("container-network-none",)),
    "somebody has disconnected it": Case(
        unpublished(DISCONNECTED), published(),
        ("container-network-none",),
    ),
    "somebody has disconnected it, and its network's bridge is gone": Case(
        without_bridge(LEFT), published(), ("bridge-missing", "container-network-none"),
    ),
    "somebody has disconnected it, and a firewall of its own is closed": Case(
        network(
            host_namespace(NO_CONTAINER, sockets=()), docker=engine(DISCONNECTED),
            inner=replace(NOTHING_BUT_LO, ruleset=ruleset("*filter\n:INPUT DROP [0:0]\nCOMMIT\n")),
        ),
        published(), ("container-network-none", "container-own-firewall"),
    ),
    # What `network connect` leaves is a paused container: carried out behind the unpausing it would be one again.
    "somebody has disconnected it, and it is paused": Case(
        unpublished(replace(DISCONNECTED, status="paused")), published(),
        ("container-network-none", "container-paused"),
    ),
    "it has ended": Case(stopped("exited"), published(), ("container-not-running",)),
    "it has ended, and is published on ::1 alone": Case(
        ended_on_loopback(), published(), ("container-not-running", "published-on-loopback-only"),
    ),
    "it sits in the namespace that its owner has left, and a port is asked": Case(
        left_behind(), published(), ("shared-namespace-left",), left_behind(rejoined=True),
    ),
    "it shares the network of a container that is gone, and a port is asked": Case(
        left_behind(of="f" * 64), published(), ("shared-namespace-left",), left_behind(rejoined=True),
    ),
    "it shares the network of a container that is gone, and asks": Case(
        left_behind(of="f" * 64), egress_of("side"), ("shared-namespace-left",), left_behind(rejoined=True),
    ),
    "it sits in the namespace that its owner has left, and asks": Case(
        left_behind(), egress_of("side"), ("shared-namespace-left",), left_behind(rejoined=True),
    ),
    "its own port is asked, and it ended while it was read": Case(
        network(docker=engine(container(), replace(OF_DB, status="running"))),
        replace(asked(WEB_ITSELF, "172.17.0.3", 5432), container="db"),
        ("container-not-running",), beside((), (Socket("tcp", 4, None, 5432),)),
    ),
    "its own port is asked, and it is between two starts": Case(
        network(docker=engine(container(), OF_DB)),
        replace(asked(WEB_ITSELF, "172.17.0.3", 5432), container="db"),
        ("container-not-running",), beside((), (Socket("tcp", 4, None, 5432),)),
    ),
    "it is between two starts": Case(stopped("restarting"), published(), ("container-not-running",)),
    "it came and went while the host was read": Case(
        network(host_namespace(sockets=()), docker=engine(comes_and_goes())), published(FromHost(), "127.0.0.1"),
        ("container-not-running",),
    ),
    "it is on an internal network": Case(
        network(unpublished(ignored("priv")).namespace(HOST_NETNS), docker=with_internal(ignored("priv"))), published(),
        ("container-on-internal-network-only",),
    ),
    "it is on an internal network, and Podman holds its port": Case(
        on_podmans_internal(), published(), ("container-on-internal-network-only",), with_podman(),
    ),
    "it is on an internal network and connects to the outside": Case(
        network(host_namespace(KEPT_INSIDE), docker=with_internal(INTERNAL)), egress(),
        ("container-on-internal-network-only",), ruled(with_chain("DOCKER-ISOLATION-STAGE-1", "-j RETURN")),
    ),
    **{f"a client asks its address on an internal network, {version} {backend}": Case(
        on_hidden(version, default=default, backend=backend), to_web(OUTSIDE),
        ("container-on-internal-network-only",), on_hidden(version, internal=False, backend=backend),
    ) for version, default, backend in (
        ("20.10.24", True, ""), ("28.5.2", True, ""), ("29.0.0", False, ""), ("29.0.0", True, "nftables"),
    )},
    "a client asks its address on an internal network, whose borders are lost": Case(
        on_hidden(borders=False), to_web(OUTSIDE), ("container-on-internal-network-only",), on_hidden(internal=False),
    ),
    "its network is switched off": Case(
        with_switched_off(), published(), ("container-network-none",),
    ),
    "its network is switched off, and it connects to the outside": Case(
        with_switched_off(), egress(), ("container-network-none",),
    ),
    "its network is switched off, and the engine takes it for connected": Case(
        with_switched_off(endpoints=container().endpoints), egress(), ("container-network-none",),
    ),
    "its network is macvlan, and its port is asked": Case(
        on_macvlan(), published(), ("macvlan-ignores-ports",),
    ),
    "its host asks the macvlan on the host's own link": Case(
        on_macvlan(), to_child(FromHost()), ("macvlan-host-cannot-reach",), on_macvlan(shim=True),
    ),
    "its host has a macvlan, and no route by it": Case(
        on_macvlan(shim=True, routed=False), to_child(FromHost()), ("macvlan-host-cannot-reach",),
        on_macvlan(shim=True),
    ),
    "it asks its host from a macvlan": Case(
        on_macvlan(), FROM_CHILD, ("macvlan-host-cannot-reach",), on_macvlan(shim=True),
    ),
    **{f"its host asks a macvlan of mode {mode}": Case(
        on_macvlan(mode=mode), to_child(FromHost()), ("macvlan-host-cannot-reach",), on_macvlan(shim=True),
    ) for mode in ("private", "vepa")},
    "it asks its host from a macvlan of mode private": Case(
        on_macvlan(mode="private"), FROM_CHILD, ("macvlan-host-cannot-reach",), on_macvlan(shim=True),
    ),
    **{f"its host asks an ipvlan of mode {mode}": Case(
        on_ipvlan(mode), to_child(FromHost()), ("ipvlan-host-cannot-reach",), on_ipvlan(mode, joined=True),
    ) for mode in ("l2", "l3")},
    **{f"it asks its host from an ipvlan of mode {mode}": Case(
        on_ipvlan(mode), FROM_CHILD, ("ipvlan-host-cannot-reach",), on_ipvlan(mode, joined=True),
    ) for mode in ("l2", "l3")},
    **{f"another one asks it by macvlans of mode {mode}": Case(
        two_macvlans(mode), to_child(FROM_DB), ("macvlan-mode-separates",), two_macvlans("bridge"),
    ) for mode in ("private", "vepa")},
    **{f"another one asks it by ipvlans, {mode} {flag}": Case(
        on_ipvlan(mode, flag, beside=flag), to_child(FROM_DB), ("macvlan-mode-separates",),
        on_ipvlan(mode, beside="bridge"),
    ) for mode, flag in (("l2", "private"), ("l2", "vepa"), ("l3", "private"))},
    "the process that is its network is gone": Case(
        stacked("", tap=False), egress(), ("user-stack-gone",), stacked(""),
    ),
    "the process of a user that is its network is gone": Case(
        stacked("", tap=False, user="ann", mode="pasta:-T,none"), egress(), ("user-stack-gone",),
        stacked("", user="ann"),
    ),
    "the process that carries the packets of a user's networks is gone": Case(
        on_users_network(tap=False), egress(), ("user-stack-gone",), on_users_network(tap=True),
    ),
    "the same, of a Podman that does not start it again": Case(
        on_users_network(tap=False, version="4.9.3"), egress(), ("user-stack-gone",), on_users_network(tap=True),
    ),
    "its network gives no default route": Case(
        without_route_by_option(), published(), ("container-default-route-missing",),
    ),
    "it is paused": Case(network(docker=engine(container("paused"))), published(), ("container-paused",)),
    "it is paused beside one that shares its namespace": Case(
        sharing("paused", "running"), published(), ("container-paused",), sharing("running", "paused"),
    ),
    "it is a paused one of Podman": Case(
        with_podman(status="paused"), published(), ("container-paused",), with_podman(),
    ),
    "it is one of Podman, and has ended": Case(
        with_podman(NO_PORTS, status="exited"), published(), ("container-not-running",), with_podman(),
    ),
    "it is one of Podman, has ended, and all rules were flushed": Case(
        with_podman("", status="exited"), published(), ("container-not-running",), with_podman(),
    ),
    "somebody has disconnected it, and it sends": Case(
        network(
            host_namespace(without("172.17.0.2"), sockets=()), NOTHING_BUT_LO,
            docker=engine(replace(ignored("default"), endpoints=())),
        ),
        egress(), ("container-network-none",), network(),
    ),
    "it was created without a network, and it sends": Case(
        network(host_namespace(without("172.17.0.2"), sockets=()), NOTHING_BUT_LO, docker=engine(ignored("none"))),
        egress(), ("container-network-none",), network(),
    ),
    "it was created without a network, publishes nothing, and sends": Case(
        network(host_namespace(without("172.17.0.2"), sockets=()), NOTHING_BUT_LO, docker=engine(DARK)),
        egress(), ("container-network-none",), network(),
    ),
    "it was created without a network and publishes nothing": Case(
        network(host_namespace(without("172.17.0.2"), sockets=()), docker=engine(DARK)),
        replace(published(), container="web"), ("container-network-none",),
    ),
    "it was made anew, and its old address is asked for": Case(
        outlived(), to_web(FromHost()), ("container-address-not-assigned",),
    ),
    "its rp_filter is strict, and it replies by another link": Case(
        on_two_networks(rp_filter="1"), published(), ("container-rp-filter-strict",), on_two_networks(rp_filter="2"),
    ),
}  # fmt: skip


def test_no_wall_is_opened_for_an_address_that_nobody_has() -> None:
    assert diagnose(outlived(), to_web(OUTSIDE, 81)).causes == ()


def test_an_address_is_not_called_free_while_the_engine_is_unread() -> None:
    silent = Unread("docker-containers", "host", "/containers", "no answer", "e1")
    half_read = with_host(outlived(), unread=(silent,))
    assert diagnose(half_read, to_web(FromHost())).causes == ()


def test_a_sender_without_its_address_is_found_whoever_it_asks() -> None:
    inner = without_addresses(container_namespace(default=False), "eth0")
    db = replace(
        container(),
        id="d" * 64,
        name="db",
        bindings=(),
        endpoints=(Endpoint("bridge", "n1", DB, 16),),
        netns="container:db",
    )
    both = with_db(docker=engine(container(), db))
    namespaces = tuple(inner if each.name == inner.name else each for each in both.this.namespaces)
    flow = Flow(FromContainer("web", HOST_NETNS.sibling("container:web")), 4, DB, "tcp", 80)
    broken = with_host(both, namespaces=namespaces)
    assert suspects(broken, flow, walk_flow(broken, flow))[0].cause == "container-address-missing"
    named = [each.cause for each in suspects(both, flow, walk_flow(both, flow))]
    assert "service-not-listening" in named
    assert "container-address-missing" not in named


@pytest.mark.parametrize(
    ("start", "chain", "found"),
    (
        (OUTSIDE, "DOCKER-ISOLATION-STAGE-1", 1),
        (OUTSIDE, "DOCKER-USER", 0),
        (WEB_ITSELF, "DOCKER-ISOLATION-STAGE-1", 0),
    ),
    ids=("a client", "a person's own rule stops it", "a container, for which there are common networks"),
)
def test_an_internal_network_explains_what_the_engine_keeps_out(start: Start, chain: str, found: int) -> None:
    whole = on_hidden()
    stop = diagnose(whole, to_web(OUTSIDE)).trace.usual.stop
    assert stop is not None
    assert isinstance(stop.decided_by, RuleDecided)
    decided = replace(stop.decided_by, place=replace(stop.decided_by.place, chain=chain))
    stopped_there = replace(stop, decided_by=decided)
    view = View(whole, to_web(start), diagnose(whole, to_web(OUTSIDE)).trace.usual, stopped_there)
    assert [each.offered for each in container_on_internal_network_only.find(view)] == [False] * found


def test_a_network_that_is_switched_off_is_left_to_a_person() -> None:
    (suspect,) = diagnose(with_switched_off(), published()).causes
    assert (suspect.candidate.offered, suspect.candidate.change.calls) == (False, ())
    assert [each.by_person for each in suspect.candidate.ways] == [True]


def test_the_other_ports_that_an_internal_network_keeps_shut_are_told() -> None:
    web = ignored("priv")
    docker = with_internal(web)
    idle = tuple(replace(each, host_port=8152) for each in web.bindings)
    board = replace(web, id="b" * 64, name="board", bindings=idle, netns="container:board")
    spaces = unpublished(web).namespace(HOST_NETNS)
    for others, said in ((), False), ((board,), True):
        net = network(spaces, docker=replace(docker, containers=(web, *others)))
        (suspect,) = diagnose(net, published()).causes
        assert any("8152 (board)" in str(each) for each in suspect.candidate.advice) is said


@pytest.mark.parametrize(
    ("kind", "pod", "title", "advice"),
    (
        (
            "podman", "board", "side is in a network namespace that the pod board has left",
            ("restart side whenever the infra container of the pod board was restarted. `podman restart --all` "
             "restarts it; `podman pod restart` leaves it as it is"),
        ),
        (
            "docker", "", "side is in a network namespace that 0a1b2c3d4e5f-infra has left",
            ("restart side whenever 0a1b2c3d4e5f-infra was restarted (compose: depends_on 0a1b2c3d4e5f-infra with "
            "`restart: true`)"),
        ),
    ),
)  # fmt: skip
def test_an_infra_container_is_told_as_its_pod(kind: Tool, pod: str, title: str, advice: str) -> None:
    whole = left_behind()
    (described,) = whole.this.engines
    infra, side = (
        replace(each, name="0a1b2c3d4e5f-infra", pod=pod) if each.name == "web" else each
        for each in described.containers
    )
    built = with_host(whole, engines=(replace(described, kind=kind, containers=(infra, side)),))
    (suspect,) = diagnose(built, egress_of("side")).causes
    assert (suspect.cause, str(suspect.candidate.title)) == ("shared-namespace-left", title)
    assert [str(each) for each in suspect.candidate.advice] == [advice]


@pytest.mark.parametrize("shim", (False, True))
def test_only_a_host_that_does_not_reach_its_macvlan_is_told_so(*, shim: bool) -> None:
    _, remedy = first_remedy(on_macvlan(shim=shim), published())
    assert any("this host cannot reach it" in str(each) for each in remedy.advice) is not shim


def test_a_container_on_an_internal_network_is_connected_to_the_network_of_the_asked_one() -> None:
    """The default network would only lead to the next wall, the isolation of the engine's networks."""
    asked_one = replace(container(), id="f" * 64, name="app2", netns=None, bindings=(),
                        endpoints=(Endpoint("n1", "n1", parse_address("172.18.0.2")[1], 16),))  # fmt: skip
    of_internal = with_internal(INTERNAL)
    n1 = replace(engine().networks[0], id="n1", name="n1", bridge="br-n1")
    n1 = replace(n1, subnets=(Subnet(4, parse_address("172.18.0.0")[1], 16, parse_address("172.18.0.1")[1]),))
    described = replace(
        of_internal, containers=(*of_internal.containers, asked_one), networks=(*of_internal.networks, n1)
    )
    host = host_namespace(KEPT_INSIDE)
    host = replace(
        host,
        links=(*host.links, Link(90, "br-n1", "bridge")),
        addresses=(*host.addresses, Address("br-n1", 4, parse_address("172.18.0.1")[1], 16)),
    )
    whole = network(host, docker=described)
    flow = replace(egress(), daddr=parse_address("172.18.0.2")[1], dport=80)
    branch = walk_flow(whole, flow).usual
    assert branch.stop is not None
    (found,) = container_on_internal_network_only.find(View(whole, flow, branch, branch.stop))
    assert found.change.calls == (ConnectContainer("docker", "connect", "n1", "web"),)

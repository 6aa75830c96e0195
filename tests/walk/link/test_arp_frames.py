"""Rules that drop ARP messages as frames make a neighbour unreachable, unless the kernel has an entry for it."""

import msgspec
import pytest

from hairpin.host.link import BridgeInfo, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour
from hairpin.host.traffic_control import Filter
from hairpin.netfilter import ir
from hairpin.netfilter.ebtables import save as ebtables
from hairpin.netfilter.ir import Chain, FieldMatch, Rule, Ruleset, StatefulMatch, Table, Verdict
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.netfilter.packet import SYN, TCP, Packet
from hairpin.network.flow import Flow, FromContainer, Outside
from hairpin.network.network import Network
from hairpin.walk.decided import Assumed
from hairpin.walk.link.arp_frames import after_arp
from hairpin.walk.link.neighbour import neighbour
from hairpin.walk.state import End, State
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, GATEWAY, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, sibling
from tests.small_host import network as host_network
from tests.walk.link.test_bridge import OTHER, net
from tests.walk.standing import at, ended

WEB_NETNS = sibling("container:web")


def ruled(*rules: str, policy: str = "ACCEPT", entry: str = "") -> Network:
    """Return the host with two containers and these rules of ebtables; ``entry``: the state of all neighbours known."""
    text = "\n".join(("*filter", ":INPUT ACCEPT", f":FORWARD {policy}", ":OUTPUT ACCEPT", *rules, ""))
    whole = net()
    host = msgspec.structs.replace(
        whole.namespace(HOST_NETNS), ruleset=Ruleset(ebtables.parse(text, source="test")),
        neighbours=(Neighbour("docker0", 4, WEB, 0x02, entry),) if entry else (),
    )  # fmt: skip
    inner = msgspec.structs.replace(
        whole.namespace(WEB_NETNS), neighbours=(Neighbour("eth0", 4, OTHER, 0x03, entry),) if entry else ()
    )
    return whole.with_namespace(HOST_NETNS, host).with_namespace(WEB_NETNS, inner)


def arptables(*rules: str, policy: str = "accept", hook: str = "input", inside: bool = False) -> Network:
    """Return the host with two containers and these rules of family arp, on the host or inside of web."""
    text = f"""table arp filter {{
        chain c {{ type filter hook {hook} priority 0; policy {policy}; {"; ".join(rules)}
        }}
    }}"""
    found = Ruleset(tables_after(text, (), LoadingHost(frozenset({"docker0", "eth0"})), source="test"))
    whole, netns = net(), WEB_NETNS if inside else HOST_NETNS
    return whole.with_namespace(netns, msgspec.structs.replace(whole.namespace(netns), ruleset=found))


def filtered(protocol: str) -> Network:
    """Return the host whose veth of the container drops the frames of a protocol that leave by it."""
    whole = net()
    host = whole.namespace(HOST_NETNS)
    drop = Filter("egress", "matchall", 1, protocol, action="drop")
    links = tuple(
        msgspec.structs.replace(each, filters=(drop,)) if each.name == "veth1" else each for each in host.links
    )
    return whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=links))


def resolved(network: Network, netns: Netns, link: str, saddr: int, daddr: int) -> State | End:
    packet = Packet(4, saddr, daddr, TCP, sport=40000, dport=80, tcp_flags=SYN)
    state = at("neighbour", packet, netns=netns, iif="", oif=link)
    (found,) = neighbour(network, state)
    assert isinstance(found, State)
    return after_arp(network, state, found)


def uplink(protocol: str, *, port: bool = False) -> Network:
    """Return the small host whose eth0 drops the frames of a protocol that come in; ``port``: eth0 is a bridge port."""
    host = host_namespace()
    drop = Filter("ingress", "matchall", 1, protocol, action="drop")
    links = tuple(msgspec.structs.replace(each, filters=(drop,) if each.name == "eth0" else ()) for each in host.links)
    changed = msgspec.structs.replace(host, links=links)
    if port:
        links = tuple(
            msgspec.structs.replace(each, filters=(), master="br0", port=BridgePort()) if each.name == "eth0" else each
            for each in links
        )
        own = tuple(
            msgspec.structs.replace(each, link="br0") if each.link == "eth0" else each for each in host.addresses
        )
        routes = tuple(
            msgspec.structs.replace(
                each,
                next_hops=tuple(
                    msgspec.structs.replace(hop, link="br0") if hop.link == "eth0" else hop for hop in each.next_hops
                ),
            )
            for each in host.routes
        )
        text = f"*filter\n:INPUT ACCEPT\n-A INPUT -p {protocol} -j DROP\n"
        changed = msgspec.structs.replace(
            host, links=(*links, Link(9, "br0", "bridge", bridge=BridgeInfo())), addresses=own, routes=routes,
            ruleset=Ruleset(ebtables.parse(text, source="test")),
        )  # fmt: skip
    return host_network(changed)


# network, how many facts are assumed of the machine that sends
FROM_OUTSIDE: dict[str, tuple[Network, int]] = {
    "nothing drops": (host_network(), 0),
    "a filter of the uplink": (uplink("arp"), 1),
    "a filter for IPv6": (uplink("ipv6"), 0),
    "a rule of the bridge that the uplink is a port of": (uplink("ARP", port=True), 1),
    "a rule about IPv6": (uplink("IPv6", port=True), 0),
}


@each_row(("network", "assumed"), FROM_OUTSIDE.values(), ids=FROM_OUTSIDE)
def test_a_machine_outside_is_taken_to_know_the_host(network: Network, assumed: int) -> None:
    trace = walk_flow(network, Flow(Outside(CLIENT), 4, HOST_ADDRESS, "udp", 53))
    said = [each for each in trace.usual.assumed if "keeps the present hardware address" in each.template]
    assert len(said) == assumed
    assert trace.usual.stop is not None
    assert trace.usual.stop.reason == "no-listener"


HOST_TO_WEB = (HOST_NETNS, "docker0", GATEWAY, WEB)
WEB_TO_HOST = (WEB_NETNS, "eth0", WEB, GATEWAY)
WEB_TO_DB = (WEB_NETNS, "eth0", WEB, OTHER)

# network, asker with sender and target, whether the neighbour is found
DROPS: dict[str, tuple[Network, tuple[Netns, str, int, int], bool]] = {
    "the request of the bridge passes OUTPUT": (ruled("-A OUTPUT -p ARP -o veth1 -j DROP"), HOST_TO_WEB, False),
    "at another port": (ruled("-A OUTPUT -p ARP -o veth2 -j DROP"), HOST_TO_WEB, True),
    "its reply passes INPUT": (ruled("-A INPUT -p ARP -i veth1 -j DROP"), HOST_TO_WEB, False),
    "neither passes FORWARD": (ruled("-A FORWARD -p ARP -j DROP"), HOST_TO_WEB, True),
    "a request to the bridge passes INPUT": (ruled("-A INPUT -p ARP -j DROP"), WEB_TO_HOST, False),
    "its reply passes OUTPUT": (ruled("-A OUTPUT -p ARP -j DROP"), WEB_TO_HOST, False),
    "a request from port to port passes FORWARD": (ruled("-A FORWARD -p ARP -i veth1 -j DROP"), WEB_TO_DB, False),
    "its reply, too": (ruled("-A FORWARD -p ARP -i veth2 -j DROP"), WEB_TO_DB, False),
    "neither passes INPUT": (ruled("-A INPUT -p ARP -j DROP", "-A OUTPUT -p ARP -j DROP"), WEB_TO_DB, True),
    "a policy": (ruled("-A FORWARD -p IPv4 -j ACCEPT", policy="DROP"), WEB_TO_DB, False),
    "a policy, and ARP is let in": (ruled("-A FORWARD -p ARP -j ACCEPT", policy="DROP"), WEB_TO_DB, True),
    "a rule about IP": (ruled("-A FORWARD -p IPv4 -j DROP"), WEB_TO_DB, True),
    "a rule about an IP address": (ruled("-A FORWARD -p IPv4 --ip-dst 172.17.0.3 -j DROP"), WEB_TO_DB, True),
    "all but IP": (ruled("-A FORWARD -p ! IPv4 -j DROP"), WEB_TO_DB, False),
    "a request is a broadcast": (ruled("-A FORWARD -d Broadcast -j DROP"), WEB_TO_DB, False),
    "its packet type as well": (ruled("-A FORWARD --pkttype-type broadcast -j DROP"), WEB_TO_DB, False),
    "where it comes from the host, it is no broadcast yet": (
        ruled("-A OUTPUT --pkttype-type broadcast -j DROP"), HOST_TO_WEB, True,
    ),
    "arptables: the reply comes in": (arptables('iifname "docker0" drop'), HOST_TO_WEB, False),
    "arptables: by another link": (arptables('iifname "eth0" drop'), HOST_TO_WEB, True),
    "arptables: the request goes out": (arptables("arp operation request drop", hook="output"), HOST_TO_WEB, False),
    "arptables: no reply goes out": (arptables("arp operation reply drop", hook="output"), HOST_TO_WEB, True),
    "arptables: the request is received": (arptables("arp operation request drop"), WEB_TO_HOST, False),
    "arptables: the reply is sent": (arptables("arp operation reply drop", hook="output"), WEB_TO_HOST, False),
    "arptables: the sender's address": (arptables("arp saddr ip 172.17.0.2 drop"), WEB_TO_HOST, False),
    "arptables: another sender's": (arptables("arp saddr ip 172.17.0.9 drop"), WEB_TO_HOST, True),
    "arptables: the target's address": (arptables("arp daddr ip 172.17.0.1 drop"), WEB_TO_HOST, False),
    "arptables: a policy": (arptables(policy="drop"), WEB_TO_HOST, False),
    "arptables: an exception of the policy": (
        arptables("arp htype 1 arp hlen 6 arp plen 4 accept", policy="drop"), WEB_TO_HOST, True,
    ),
    "arptables: what is bridged meets none": (arptables(policy="drop"), WEB_TO_DB, True),
    "arptables inside a container: its request": (
        arptables(policy="drop", hook="output", inside=True), WEB_TO_DB, False,
    ),
    "arptables inside a container: its answer": (arptables(policy="drop", inside=True), HOST_TO_WEB, False),
    "a filter of tc": (filtered("arp"), WEB_TO_HOST, False),
    "a filter of tc for IP": (filtered("ip"), WEB_TO_HOST, True),
}  # fmt: skip


@each_row(("network", "asking", "found"), DROPS.values(), ids=DROPS)
def test_arp_messages_pass_the_hooks_of_a_bridge(
    network: Network, asking: tuple[Netns, str, int, int], found: bool
) -> None:
    outcome = resolved(network, *asking)
    assert isinstance(outcome, State) is found
    if isinstance(outcome, End):
        assert ended(outcome) in ("dropped rule", "dropped policy", "dropped tc-filter")
        assert outcome.state.packet.arp == 0


# rule, entry, what is assumed
ENTRIES: dict[str, tuple[str, str, int]] = {
    "a stale entry is used": ("-A OUTPUT -p ARP -j DROP", "STALE", 1),
    "a reachable one": ("-A OUTPUT -p ARP -j DROP", "REACHABLE", 1),
    "a permanent one is never confirmed": ("-A OUTPUT -p ARP -j DROP", "PERMANENT", 0),
    "nothing drops the confirmation": ("-A OUTPUT -p IPv6 -j DROP", "STALE", 0),
    "a match that is not modelled": ("-A OUTPUT -p ARP --arp-ip-dst 172.17.0.2 -j DROP", "", 1),
}


@each_row(("rule", "entry", "assumed"), ENTRIES.values(), ids=ENTRIES)
def test_a_packet_passes_as_long_as_its_neighbour_is_known(rule: str, entry: str, assumed: int) -> None:
    outcome = resolved(ruled(rule, entry=entry), *HOST_TO_WEB)
    assert isinstance(outcome, State)
    said = [each.decided_by for each in outcome.history.steps if isinstance(each.decided_by, Assumed)]
    assert len(said) == assumed


def test_a_failed_entry_is_asked_for_again() -> None:
    assert isinstance(resolved(ruled("-A OUTPUT -p ARP -j DROP", entry="FAILED"), *HOST_TO_WEB), End)


def test_a_rate_that_arp_exceeds_under_load_drops_nothing_now() -> None:
    whole = net()
    body = (FieldMatch("ethertype", ((0x0806, 0x0806),)), StatefulMatch("limit", "limit rate over 5/second", False))
    chain = Chain("c", (Rule((*body, Verdict("drop")), "", 1),), "output")
    host = msgspec.structs.replace(
        whole.namespace(HOST_NETNS), ruleset=Ruleset((Table("bridge", "own", "nft", (chain,)),))
    )
    outcome = resolved(whole.with_namespace(HOST_NETNS, host), *HOST_TO_WEB)
    assert isinstance(outcome, State)
    assert not [each for each in outcome.history.steps if isinstance(each.decided_by, Assumed)]


@pytest.mark.parametrize(("port", "is_lost"), (("tap0", True), ("tap1", False)))
def test_a_request_to_a_machine_beyond_a_port_of_the_bridge_takes_the_packets_way(port: str, *, is_lost: bool) -> None:
    """The machine is behind a tunnel or a virtual machine's link, which is a port of the containers' bridge."""
    whole = ruled(f"-A FORWARD -p ARP -o {port} -j DROP")
    host = whole.namespace(HOST_NETNS)
    tap = Link(12, "tap0", "tun", master="docker0", port=BridgePort())
    beyond = whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=(*host.links, tap)))
    to_machine = Flow(FromContainer("web", WEB_NETNS), 4, WEB + 7, "tcp", 80)
    trace = walk_flow(beyond, to_machine)
    assert (trace.verdict == "dropped") is is_lost
    assert any(step.link == "tap0" for step in trace.usual.request)


def mangling(sender: int) -> Network:
    """Return the small host with a rule of arptables that changes the ARP messages of the sender: only its name is
    known."""
    rule = Rule(
        (FieldMatch("arp-saddr4", ((sender, sender),)), ir.Outside("mangle", 'xt target "mangle"')), "mangle", 1
    )
    table = Table("arp", "filter", "nft", (Chain("OUTPUT", (rule,), "output", "filter", 0, "accept"),))
    return host_network(msgspec.structs.replace(host_namespace(), ruleset=Ruleset((table,))))


@pytest.mark.parametrize(("sender", "kind"), ((HOST_ADDRESS, "depends"), (HOST_ADDRESS + 1, "refused")))
def test_what_a_rule_does_to_an_arp_reply_may_be_unknown(sender: int, kind: str) -> None:
    """No machine outside is taken to know the host's hardware address, where nobody knows what the host tells it."""
    trace = walk_flow(mangling(sender), Flow(Outside(CLIENT), 4, HOST_ADDRESS, "udp", 53))
    assert trace.verdict == kind

"""Hints from told links and routes of the host, or from a router's system, together with a stated failure."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.host.link import is_bridge_by_name, is_engine_bridge
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

_INNER = Sought(r"lo$|docker|br-|veth|cni|podman|virbr|flannel|tun|tap|wg|cali|vxlan|dummy|bond|team|w[lw]")
_NF_CALL = ("net", "bridge", "bridge-nf-call-iptables")
_FEW_SYSCTLS = 8
_STALLS = sought("{stalls}")
_SIZED = Sought(r"^\d+: (?P<name>[^:@\s]+)\S*: <(?P<flags>[A-Z0-9,_-]*)>.*? mtu (?P<mtu>\d+)", re.MULTILINE)
_LINK_BLOCK = Sought(r"^\d+: ", re.MULTILINE)
_MASQUERADES = Sought(
    r"(?<!! )(?:-o|--out-interface|oifname|oif) \"?(?P<link>[\w.@+*-]+)\"?[^\n]{0,60}\bmasquerade\b"
    r"|\bmasquerade\b[^\n;]{0,20}(?<!! )(?:-o|--out-interface) (?P<after>[\w.@+*-]+)",
    re.IGNORECASE,
)
_WAY_OUT = Sought(
    r"\bdefault\b[^\n]{0,40}\bdev (?P<dev>[\w.-]+)"
    r"|\b(?:default|uplink|wan|main|external|public|outgoing|physical)[ -](?:route'?s? |gateway )?(?:interface|nic|link"
    r"|device|card)\b[^\n]{0,20}?(?:\bis\b|:|=|\bcalled\b|\bnamed\b) ?[`\"']?(?P<said>[a-z][\w.-]+)",
    re.IGNORECASE,
)


def two_routes(host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint of a range with two routes: the first leads to another machine, and the second to a bridge of this
    host."""
    if (HOST, "routes4") not in told.parts:
        return
    seen: dict[tuple[int, int], Route] = {}
    for each in host.namespace(HOST).routes:
        key = each.destination, each.prefix_length
        if each.version != 4 or each.table != TABLE_MAIN or not each.prefix_length or len(each.next_hops) != 1:
            continue
        first = seen.setdefault(key, each)
        ways = (first.next_hops[0], each.next_hops[0])
        bridges = [way.link for way in ways if way.gateway is None and way.link and is_bridge_by_name(way.link)]
        if first is each or len(bridges) != 1:
            continue
        subnet = str(IPv4Network(key))
        if any(way.gateway is not None for way in ways):
            means = message(
                "{range} has two routes, one to {link} of this host and one to another machine. The kernel uses one of "
                "the two for all packets", range=subnet, link=bridges[0])  # fmt: skip
            shows = message("the first of the two lines leads away from the bridge")
            command = "ip route show table all; ip route get ADDRESS"
            yield Hinted("node-route-wrong-host", 26, means, command=command, shows=shows)
            return
        if not all(_INNER.match(way.link or "") for way in ways):
            means = message(
                "{range} has two routes, one to {link} of this host and one to its own network. The kernel uses one of "
                "the two for all packets", range=subnet, link=bridges[0])  # fmt: skip
            shows = message("a route into a bridge covers {said}", said=subnet)
            yield Hinted(
                "bridge-subnet-overlaps-route", 34, means, command="ip route show table all; ip addr", shows=shows
            )
            return


def silent_router(prose: Prose, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a router's system does not masquerade containers, if their packets to the outside get no
    answer at all.  The firewall of such a system rejects packets, and then the client gets an error."""
    place = sought("{routers_system}").search(prose.text)
    results = {each.result for each in told.outcomes if each.failed}
    if place is None or sought("{bridged_out}").search(prose.text) is None or "timeout" not in results:
        return
    if not results.isdisjoint(("refused", "reset", "unreachable", "prohibited")):
        return
    means = message(
        "No rule translates the containers' addresses (MASQUERADE), so no answer from outside finds its way back; the "
        "router's firewall would answer with an error"
    )
    command = "sudo iptables-save -t nat; sudo nft list ruleset"
    yield Hinted("masquerade-missing", 27, means, *prose.line_at(place.start()), command=command)


def bare_uplink(host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint of a link that is up and has no IPv4 address, if the text shows no link of another host."""
    if (HOST, "addresses") not in told.parts:
        return
    own = host.namespace(HOST)
    held = {each.link for each in own.addresses if each.version == 4}
    for each in own.links:
        if (
            each.name not in held
            and each.master is None
            and each.kind == ""
            and "UP" in each.flags
            and each.carrier
            and not _INNER.match(each.name)
        ):
            means = message("{link} is up and has no IPv4 address, so the host has no route to its network",
                            link=each.name)  # fmt: skip
            shows = message("{link} has no inet line", link=each.name)
            yield Hinted("host-address-missing", 18, means, command="ip addr; nmcli device; networkctl", shows=shows)
            return


def bare_bridge(listings: Iterable[str]) -> Iterator[Hinted]:
    """Yield that an output of ``ip addr`` lists an engine's bridge with its IPv6 link-local address alone."""
    for listing in listings:
        for block in _LINK_BLOCK.split(listing):
            name = block.partition(":")[0]
            if is_engine_bridge(name) and "inet6 fe80:" in block and "inet " not in block:
                means = message("{link} has no IPv4 address, so its containers have no gateway", link=name)
                shows = message("{link} has no inet line", link=name)
                command = f"ip addr show {name}; networkctl; nmcli device; docker network inspect bridge"
                yield Hinted("bridge-address-missing", 24, means, command=command, shows=shows)
                return


def bridge_skips_rules(host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield that frames inside a bridge do not pass iptables.  A text that shows this switch beside few others is about
    it."""
    if _NF_CALL in told.sysctls and host.namespace(HOST).sysctls.number(*_NF_CALL) == 0:
        means = message(
            "net.bridge.bridge-nf-call-iptables is 0: packets inside a bridge do not pass iptables, so answers between "
            "containers of one bridge are not translated back"
        )
        weight = 26 if len(told.sysctls) <= _FEW_SYSCTLS else 12
        yield Hinted("br-netfilter-off-hairpin", weight, means)


def smaller_in_addresses(prose: Prose, listings: Iterable[str]) -> Iterator[Hinted]:
    """Yield the hint that an output of ``ip addr``, ``ip link`` or ``ifconfig`` lists a bridge of an engine, and only
    uplinks whose MTU is smaller than the bridge's."""
    for listing in listings:
        sizes = {
            each["name"]: int(each["mtu"]) for each in _SIZED.finditer(listing) if "UP" in each["flags"].split(",")
        }
        inner = [size for name, size in sizes.items() if is_engine_bridge(name)]
        outer = [size for name, size in sizes.items() if not _INNER.match(name)]
        if inner and outer and max(outer) < max(inner):
            means = message("The uplink has the MTU {outer}, and the containers have {inner}",
                            outer=max(outer), inner=max(inner))  # fmt: skip
            weight = 28 if _STALLS.search(prose.text) is not None else 18
            yield Hinted("mtu-black-hole", weight, means)
            return


def switched_off_links(host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that the text shows the forwarding switch of a bridge, and that the switch is off."""
    for path in sorted(told.sysctls):
        is_switch = path[:2] == ("net", "ipv4") and path[2:3] == ("conf",) and path[-1] == "forwarding"
        if is_switch and is_bridge_by_name(path[3]) and host.namespace(HOST).sysctls.number(*path) == 0:
            means = message(
                "Forwarding is off for {link}, although ip_forward may be 1: the kernel forwards nothing that comes "
                "from this bridge", link=path[3])  # fmt: skip
            shows = message("net.ipv4.conf.{link}.forwarding = 0", link=path[3])
            yield Hinted("interface-forwarding-off", SURE, means, shows=shows)
            return


def masquerades_elsewhere(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a quoted rule masquerades at an interface by which the default route does not leave."""
    rules = [(each, each["link"] or each["after"]) for each in _MASQUERADES.finditer(prose.text)]
    if (HOST, "routes4") in told.parts:
        routes = (each for each in host.namespace(HOST).routes if each.version == 4 and not each.prefix_length)
        ways = {hop.link for each in routes for hop in each.next_hops if hop.link}
    else:
        ways = {each["dev"] or each["said"] for each in _WAY_OUT.finditer(prose.text)}
    if not rules or not ways or any(_covers(name, way) for _, name in rules for way in ways):
        return
    found, name = rules[0]
    means = message(
        "The rule with MASQUERADE is for the interface {link}, and the default route leaves by {other}: the packets "
        "keep their inner source address, and no answer finds back", link=name, other=min(ways))  # fmt: skip
    shows = message("MASQUERADE names an interface by which the default route does not leave")
    command = "ip route; sudo iptables -t nat -S POSTROUTING"
    yield Hinted("masquerade-missing", SURE, means, *prose.line_at(found.start()), command=command, shows=shows)


def _covers(name: str, link: str) -> bool:
    """Return whether a rule's name of an interface, which may end with ``+`` or ``*``, covers a link."""
    return link.startswith(name[:-1]) if name[-1:] in ("+", "*") else name == link

"""The most favourable host: whether a part that no text shows could save a packet that stops at a told part.

A walk on the ordinary host stops at a part that the text shows.  Each supposed part may have another state.  If the
packet stops at the same part with the most favourable state of each supposed part, too, then the text proves the stop,
whatever the rest of the host is like.

Most supposed parts have their most favourable state on the ordinary host: services listen at all addresses, and the
tables that are not told let packets pass (``Supposition.elsewise``).  The other ones are walked here, or a failure that
the text states excludes them: a client that got no answer was not served by another way.
"""

from collections.abc import Iterator

from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome, ToldParts, ToldTable
from hairpin.host.boot.sysctl_files import FORWARDING
from hairpin.host.host import Host
from hairpin.host.known_ports import ports_of_image
from hairpin.netfilter.ir import CT_NEW, FULL_MASK, FibMatch, FieldMatch, NameMatch, NoEffect, Reject, Rule, Verdict
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback
from hairpin.sought import Sought
from hairpin.suppose.alternatives import without_translation
from hairpin.suppose.own_namespace import may_be_uplink
from hairpin.suppose.parts import LINKS, RULES, SYSCTLS, Supposition
from hairpin.suppose.said_sockets import is_served_elsewhere, is_told_to_lack, names_port
from hairpin.walk.decided import RouteDecided, RuleDecided, SocketDecided, SysctlDecided
from hairpin.walk.state import Stop
from hairpin.walk.trace import Trace
from hairpin.walk.walked import walked

_WALKED = frozenset((SYSCTLS, RULES, LINKS))
"""The commands of the supposed parts whose most favourable states are walked or looked up."""


def stops_anyway(
    network: Network, flow: Flow, trace: Trace, supposed: tuple[Supposition, ...], *, stated: tuple[Outcome, ...]
) -> bool:
    """Return whether told parts alone stop the flow, whatever the supposed parts are like.

    ``trace``: the flow's walk on the ordinary host.  ``supposed``: the parts on which this walk rests.  ``stated``:
    the failures that the text states, if the flow failed in the way in which the walk fails."""
    stop = trace.usual.stop
    if stop is None or any(each.succeeds or each.stop != stop for each in trace.branches):
        return False
    host = network.host(stop.netns.host)
    told = host.told
    if told is None:
        return False
    others = [each for each in supposed if each.elsewise == "other"]
    if all(each.command == f"docker inspect {flow.container}" for each in others) and is_told_to_lack(
        network, flow, stop, stated
    ):
        return True  # a published port leads to the container by whichever network
    if (
        (stated or isinstance(flow.start, FromContainer))
        and not trace.usual.reply
        and (_drops_all_new(host, told, flow, stop))
    ):
        return True  # docker-proxy alone could serve a client without FORWARD, and did not
    if _asks_itself(network, flow, stop, stated=bool(stated)) and not _may_be_the_hosts(host, flow, others):
        return True
    if others:
        return False
    if not _is_told(stop, host, told):
        return False
    needed = {each.command for each in supposed if each.elsewise == "passes"}
    if isinstance(stop.decided_by, RuleDecided) and not needed <= {SYSCTLS, RULES}:
        return False  # rules match links and addresses
    if not _comes_in_by_told_link(host, told, trace):
        return False
    if isinstance(flow.start, FromContainer) and isinstance(stop.decided_by, SocketDecided) and LINKS in needed:
        return False  # the address that the container asks may be another machine's
    if stated:
        return True
    if not needed <= _WALKED or (RULES in needed and stop.stage != "forward"):
        return False  # a rule that no text shows may translate a packet to this host itself
    return all(_stops_alike(then, flow, stop) for then in _saving(network, host, needed))


def _asks_itself(network: Network, flow: Flow, stop: Stop, *, stated: bool) -> bool:
    """Return whether a container asks its own loopback address for the port of a service that is elsewhere.  The text
    tells that the connection was refused, and nobody else can have refused it; or it tells in words that this address
    does not answer, and the container's image is that of a service with another port."""
    start = flow.start
    if not isinstance(start, FromContainer) or not isinstance(stop.decided_by, SocketDecided):
        return False
    if stop.netns != start.netns or not is_loopback(flow.daddr, flow.version):
        return False
    told = [each for host in network.hosts if host.told is not None for each in host.told.outcomes if each.failed]
    # Who resets a connection, or answers nothing, listens.
    is_refused = stated and any(each.result == "refused" and each.port == flow.dport for each in told)
    is_named = any(not each.host and names_port(each.target, flow.dport) for each in told)
    if not is_refused and not (is_named and _has_another_port(network, start, flow.dport)):
        return False
    return is_served_elsewhere(network, start, flow.dport)


def _may_be_the_hosts(host: Host, flow: Flow, others: list[Supposition]) -> bool:
    """Return whether the container that asks may be on the host's network: no part of the text shows its network, and
    the engine lists no published port of it.  The networks of other containers do not matter."""
    name = flow.start.name if isinstance(flow.start, FromContainer) else ""
    container = host.container(name)
    has_ports = container is not None and any(each.actual for each in container.bindings)
    return any(each.command == f"docker inspect {name}" for each in others) and not has_ports


def _has_another_port(network: Network, start: FromContainer, port: int) -> bool:
    container = network.host(start.netns.host).container(start.name)
    ports = ports_of_image(container.image) if container is not None else ()
    return bool(ports) and port not in ports


def _stops_alike(network: Network, flow: Flow, stop: Stop) -> bool:
    then = walked(network, flow).usual.stop
    return then is not None and (then.reason, then.netns, then.link) == (stop.reason, stop.netns, stop.link)


def _saving(network: Network, host: Host, needed: set[str]) -> Iterator[Network]:
    """Yield the network with each state of a supposed part that may save a packet."""
    changes: list[Change] = []
    if SYSCTLS in needed:
        changes.append(_with_all_switches_on(host))
    if RULES in needed and (without := without_translation(host)) is not None:
        changes.append(without)
    for each in changes:
        try:
            yield simulate(each, network)
        except ChangeError:
            continue


def _with_all_switches_on(host: Host) -> Change:
    """Return the change that makes each link forward whose switch no text shows."""
    assert host.told is not None
    paths = (("net", "ipv4", "conf", each.name, "forwarding") for each in host.namespace(HOST).links)
    return Change(tuple(SetSysctl(host.netns, path, "1") for path in paths if path not in host.told.sysctls))


# --- what is told ----------------------------------------------------------------------------------------------------


def _is_told(stop: Stop, host: Host, told: ToldParts) -> bool:
    """Return whether the text shows the thing that stopped the packet, completely as far as hairpin can see."""
    netns = stop.netns.name
    match stop.decided_by:
        case SysctlDecided(path=path):
            return netns == HOST and (path in told.sysctls or (stop.reason == "forwarding-off" and _is_off(host, told)))
        case RuleDecided(place=place) if netns == HOST and place.dialect.startswith("iptables"):
            is_doubtful = (HOST, place.family) in told.doubtful
            return ToldTable(place.family, place.table) in told.tables and not is_doubtful
        case RuleDecided() if netns == HOST:
            return told.natives and (HOST, "natives") not in told.doubtful
        case SocketDecided():
            return told.proves(netns, "sockets")
        case RouteDecided():
            version = stop.seen.packet.version
            return told.proves(netns, f"routes{version}") and told.proves(netns, f"rules{version}")
        case _:
            return False


def _drops_all_new(host: Host, told: ToldParts, flow: Flow, stop: Stop) -> bool:
    """Return whether the policy of a told chain of FORWARD stopped the packet, and no rule of the chain lets the first
    packet of the connection pass, whichever bridge the container has and whichever addresses the packet has."""
    decided = stop.decided_by
    if not isinstance(decided, RuleDecided) or decided.place.number or stop.stage != "forward":
        return False
    place = decided.place
    table = host.namespace(HOST).ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    if chain is None or not _is_told(stop, host, told):
        return False
    packet, is_outward = stop.seen.packet, isinstance(flow.start, FromContainer)
    # The port of a container behind a published port may be another one than the supposed one.
    known = {"protocol": packet.protocol, "dport": packet.dport if is_outward else None}
    beside = "iif" if is_outward else "oif"
    return not any(_may_pass(each, known, beside) for each in chain.rules)


def _may_pass(rule: Rule, known: dict[str, int | None], beside: str) -> bool:
    """Return whether the rule may accept the first packet of a connection, or leads to another chain.  ``known``: the
    values of the packet's fields that do not depend on a supposed part.  ``beside``: the field with the link at the
    container's side, which is a bridge."""
    for each in rule.body:
        if isinstance(each, FieldMatch) and not each.negated:
            value = known.get(each.field)
            is_other = value is not None and not any(first <= value & each.mask <= last for first, last in each.ranges)
            if is_other or (each.field == "ct-state" and not _fits_new(each)):
                return False
        if (
            isinstance(each, NameMatch)
            and not each.negated
            and each.field == beside
            and all(map(_NIC.match, each.names))
        ):
            return False
    ends = (each for each in rule.body if not isinstance(each, FieldMatch | NameMatch | NoEffect | Reject | FibMatch))
    return any(not isinstance(each, Verdict) or each.verdict == "accept" for each in ends)


_NIC = Sought(r"(?:eth|en[ospx]|wl|ww|usb|ppp|bond|team|wan|lan|wg|tun|tap|lo$)[\w.@*-]*$")
"""Matches the names of network cards and tunnels, which no engine gives to a bridge."""


def _fits_new(match: FieldMatch) -> bool:
    """Return whether the match of ctstate fits the first packet of a connection."""
    if match.mask != FULL_MASK:
        return bool(match.mask & CT_NEW)
    return any(first <= CT_NEW <= last for first, last in match.ranges)


def _is_off(host: Host, told: ToldParts) -> bool:
    """Return whether the text shows that the switch for all links is off."""
    values = host.namespace(HOST).sysctls.values
    return any(path in told.sysctls and values.get(path) == "0" for path in FORWARDING)


def _comes_in_by_told_link(host: Host, told: ToldParts, trace: Trace) -> bool:
    """Return whether the text shows the link by which the client's packets come in.  For a client outside: the default
    route leads by it, somebody captured the packets on it, or no other link of the text may lead out of the host."""
    first = next((each for each in trace.usual.request if each.stage == "device-in"), None)
    if isinstance(trace.flow.start, FromContainer):
        return not _may_have_another_veth(host, told, trace.flow.start.name)
    if not isinstance(trace.flow.start, Outside | Lan) or first is None:
        return True
    defaults = (each for each in host.namespace(HOST).routes if not each.prefix_length and each.version == 4)
    if told.proves(HOST, "routes4") and any(hop.link == first.link for each in defaults for hop in each.next_hops):
        return True
    others = frozenset(_ways_in(host, told)) - {first.link}
    return not others or (first.link in told.captured and others.isdisjoint(told.captured))


def _may_have_another_veth(host: Host, told: ToldParts, container: str) -> bool:
    """Return whether the text lists several veths of containers, but not the container's own end: only this end shows
    which of them is its peer."""
    veths = [each for each in host.namespace(HOST).links if each.name.startswith("veth")]
    is_listed = (HOST, "links") in told.parts and len(veths) > 1
    return is_listed and not told.proves(f"container:{container}", "links")


def _ways_in(host: Host, told: ToldParts) -> Iterator[str]:
    """Yield the links of the text that may lead out of the host."""
    bridges = {each.bridge for engine in host.engines for each in engine.networks}
    named = {path[3] for path in told.sysctls if path[:3] == ("net", "ipv4", "conf")}
    if (HOST, "links") in told.parts:
        named = {each.name for each in host.namespace(HOST).links if each.up and each.master is None}
    yield from filter(may_be_uplink, named.difference(bridges))

"""The alternatives: other states of a host's supposed parts, in which a container cannot be reached.

An alternative is a change of the supposed host: an accident or a decision that people often have.  The text must not
rule it out.  So a told part has no alternative.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.change.change import AddSocket, Change, DeleteEntry, DeleteSocket, ReplaceTable, SetSysctl
from hairpin.events.course import Course
from hairpin.events.engines._containers import with_container_ended
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts, ToldTable
from hairpin.host.boot.sysctl_files import FORWARDING
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.iptables import save
from hairpin.netfilter.iptables.save import IptablesDialect
from hairpin.netfilter.ir import Table
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.suppose.hints.deciding import RULES
from hairpin.suppose.hints.hint import Hinted
from hairpin.words.hints import OF_CAUSE

_replace = msgspec.structs.replace
_LOOPBACK = 0x7F00_0001
_FORWARD = ("net", "ipv4", "ip_forward")


class Alternative(msgspec.Struct, frozen=True):
    """Another state of a supposed part.

    ``cause``: the id of the cause that the host then has.  ``weight``: how frequent the alternative is, compared with
    the other alternatives.  ``change``: the change that turns the ordinary host into a host with this state.
    ``command`` and ``shows``: as in :class:`Hint`.  ``fill``: the values that replace places of the cause's command and
    output, if they are other than the question's.  ``hint``: the words of the text that point to the cause; None if no
    words do."""

    cause: str
    weight: int
    change: Change
    command: str = ""
    shows: Message = OF_CAUSE
    fill: dict[str, str] = {}
    hint: Hinted | None = None


def before_the_host(flow: Flow, weight: int = 5) -> Alternative:
    """Return the alternative that the client's packets never reach this host.  This alternative is no cause of the
    catalogue, because the thing that drops the packets was not read."""
    said = message("no packet from the client comes in")
    return Alternative("", weight, Change(()), f"sudo tcpdump -ni any {flow.protocol} port {flow.dport}", said)


def of_hint(hint: Hinted) -> Alternative:
    """Return the alternative to which words of the text point.  This alternative has no change of the supposed host."""
    return Alternative(hint.cause, hint.weight, Change(()), hint.command, hint.shows, hint=hint)


def alternatives(network: Network, flows: tuple[Flow, ...]) -> tuple[Alternative, ...]:
    """Return the alternatives that may stop one of the flows.  They are made once for each network and its flows."""
    held = _alternatives_by_flows(network)
    if flows not in held:
        held[flows] = tuple(_each(network, flows))
    return held[flows]


@kept
def _alternatives_by_flows(_: Network) -> dict[tuple[Flow, ...], tuple[Alternative, ...]]:
    return {}


def _each(network: Network, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    for host in network.hosts:
        if host.told is None:
            continue
        asked = tuple(each for each in flows if (each.asked_host or each.host or host.name) == host.name)
        for name in dict.fromkeys(name for flow in asked for name in _containers(flow)):
            container = host.container(name)
            if container is not None:
                yield from _of_container(host, host.told, container, asked)
        yield from _of_services(host, host.told, asked)
        yield from _of_switches(host, host.told)
        yield from _of_nat(host, host.told)
        yield from _of_filter(host, host.told, asked)
        yield from _of_routes(host, host.told)


def _containers(flow: Flow) -> Iterator[str]:
    if flow.container:
        yield flow.container
    if isinstance(flow.start, FromContainer):
        yield flow.start.name


# --- the inside of a container ---------------------------------------------------------------------------------------


def _of_container(host: Host, told: ToldParts, container: Container, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    if container.name not in told.containers:
        course = with_container_ended(Course(Network((host,)), host.name), container)
        yield Alternative("container-not-running", 3, Change(course.parts), fill={"{container}": container.name})
    netns = container.netns
    asked = tuple(flow for flow in flows if flow.container == container.name)
    if netns is None or netns == HOST or netns not in host or (netns, "sockets") in told.parts or not asked:
        return
    published = {(str(each.protocol), each.host_port): each.container_port for each in container.bindings}
    ports = {(flow.protocol, published.get((flow.protocol, flow.dport), flow.dport)) for flow in asked}
    held = tuple(each for each in host.namespace(netns).sockets if (each.protocol, each.port) in ports)
    if held:
        yield from _listening(Netns(host.name, netns), held, container.name)


def _listening(netns: Netns, held: tuple[Socket, ...], name: str) -> Iterator[Alternative]:
    """Yield the alternatives for a container's service.  hairpin supposes that the service listens on its port at all
    addresses."""
    gone = tuple(DeleteSocket(netns, each) for each in held)
    service = message("the service of {name}", name=name)
    fill = {"{port}": str(held[0].port), "{container}": name}

    def listening(*sockets: Socket) -> Change:
        return Change((*gone, *(AddSocket(netns, each, service) for each in sockets)))

    local = listening(*(_replace(each, version=4, address=_LOOPBACK) for each in held))
    yield Alternative("service-listens-on-container-loopback", 6, local, fill=fill)
    other = listening(*(_replace(each, port=_other_port(each.port)) for each in held))
    yield Alternative("service-listens-on-other-port", 4, other, fill=fill)
    yield Alternative("service-not-listening", 5, listening(), fill=fill)


def _other_port(port: int) -> int:
    """Return a port on which a service often listens instead of the given port."""
    return 8080 if port != 8080 else 3000


# --- services of the host --------------------------------------------------------------------------------------------


def _of_services(host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    """Yield the alternatives for a service of the host itself.  These alternatives are for flows that lead to no
    container."""
    if (HOST, "sockets") in told.parts:
        return
    ports = {(flow.protocol, flow.dport) for flow in flows if not flow.container}
    held = tuple(
        each
        for each in host.namespace(HOST).sockets
        if (each.protocol, each.port) in ports and each.engine_relay is None and each.address is None
    )
    if not held:
        return
    gone = tuple(DeleteSocket(host.netns, each) for each in held)
    service = message("the service of the host")
    local = (AddSocket(host.netns, _replace(each, version=4, address=_LOOPBACK), service) for each in held)
    yield Alternative("host-service-listens-on-loopback", 6, Change((*gone, *local)))
    yield Alternative("host-service-not-running", 3, Change(gone), fill={"{port}": str(held[0].port)})


# --- the kernel's switches -------------------------------------------------------------------------------------------


def _of_switches(host: Host, told: ToldParts) -> Iterator[Alternative]:
    own = host.netns
    if told.sysctls.isdisjoint(FORWARDING):
        off = Change((SetSysctl(own, _FORWARD, "0"),))
        yield Alternative("ip-forward-off", 4, off)
    # A host whose master switch is told to be on, and that does not forward, has one link's switch off.
    weight = 3 if _FORWARD in told.sysctls and host.namespace(HOST).sysctls.values.get(_FORWARD) == "1" else 1
    for path in link_switches(host):
        if path not in told.sysctls:
            said = message("net.ipv4.conf.{link}.forwarding = 0", link=path[3])
            off = Change((SetSysctl(own, path, "0"),))
            yield Alternative("interface-forwarding-off", weight, off, shows=said)


def link_switches(host: Host) -> tuple[Path, ...]:
    """Return the IPv4 forwarding switches of the uplinks and of the engines' bridges."""
    bridges = (joined.bridge for engine in host.engines for joined in engine.networks if joined.bridge)
    links = dict.fromkeys((*_uplinks(host), *bridges))
    return tuple(("net", "ipv4", "conf", link, "forwarding") for link in links)


def _uplinks(host: Host) -> tuple[str, ...]:
    """Return the links by which the host's default routes lead."""
    own = host.namespace(HOST)
    routes = (each for each in own.routes if not each.prefix_length)
    return tuple(dict.fromkeys(hop.link for each in routes for hop in each.next_hops if hop.link is not None))


# --- rules -----------------------------------------------------------------------------------------------------------


class _Rules(NamedTuple):
    """Other rules that a supposed table may have.  ``without``: the rules with this word are missing; if ``without`` is
    empty and ``keeps`` is false, all rules are missing.  ``first``: a rule before all other rules of its chain."""

    cause: str
    weight: int
    keeps: bool = True
    without: str = ""
    first: str = ""
    forward: str = "ACCEPT"


_OF_NAT = (_Rules("docker-nat-chain-missing", 3, keeps=False), _Rules("masquerade-missing", 2, without="MASQUERADE"))
_OF_FILTER = (
    _Rules("docker-filter-chain-missing", 3, keeps=False, forward="DROP"),
    _Rules("docker-user-drops", 2, first="-A DOCKER-USER -i {} -j DROP"),
    _Rules("reject-rule-before-docker", 2, first="-A FORWARD -j REJECT --reject-with icmp-host-prohibited"),
)
_OF_INPUT = _Rules(
    "input-drops-host-service",
    4,
    first="-A INPUT ! -i lo -m conntrack ! --ctstate RELATED,ESTABLISHED -j REJECT --reject-with icmp-host-prohibited",
)


def _of_nat(host: Host, told: ToldParts) -> Iterator[Alternative]:
    table = _supposed_table(host, told, "nat")
    if table is not None and _has_docker(host):
        yield from (_with_rules(host, table, each) for each in _OF_NAT)


def _of_filter(host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    table = _supposed_table(host, told, "filter")
    if table is None:
        return
    if _has_docker(host):
        # dockerd before 17.06 has no chain DOCKER-USER.
        standing = (each for each in _OF_FILTER if table.chain(_chain_of(each)) is not None)
        yield from (_with_rules(host, table, each) for each in standing)
    if any(isinstance(flow.start, FromHost | FromContainer) or not flow.container for flow in flows):
        yield _with_rules(host, table, _OF_INPUT)


def without_translation(host: Host) -> Change | None:
    """Return the change after which no rule translates a published port: docker-proxy alone then serves the port.  None
    if the text lists the rules, or if no engine makes any."""
    assert host.told is not None
    table = _supposed_table(host, host.told, "nat")
    return _replacement(host, table, _OF_NAT[0]) if table is not None and _has_docker(host) else None


def _chain_of(wanted: _Rules) -> str:
    """Return the chain that the alternative changes."""
    return wanted.first.split()[1] if wanted.first else "FORWARD"


def _has_docker(host: Host) -> bool:
    return any(engine.kind == "docker" for engine in host.engines)


def _supposed_table(host: Host, told: ToldParts, name: str) -> Table | None:
    """Return the IPv4 table of iptables, if no text lists it."""
    if ToldTable("ip", name) in told.tables:
        return None
    tables = host.namespace(HOST).ruleset.tables
    named = (each for each in tables if (each.family, each.name) == ("ip", name))
    return next((each for each in named if each.dialect.startswith("iptables")), None)


def _with_rules(host: Host, table: Table, wanted: _Rules) -> Alternative:
    return Alternative(wanted.cause, wanted.weight, _replacement(host, table, wanted))


def _replacement(host: Host, table: Table, wanted: _Rules) -> Change:
    rules = [rule.text for chain in table.chains for rule in chain.rules] if wanted.keeps else []
    rules = [text for text in rules if not wanted.without or wanted.without not in text]
    own = sorted(each.name for each in table.chains if each.hook is None) if wanted.keeps else []
    lines = (
        f"*{table.name}",
        *(f":{each.name} {_policy(each.name, each.policy, wanted)} [0:0]" for each in table.chains if each.hook),
        *(f":{name} - [0:0]" for name in own),
        *([wanted.first.format(next(iter(_uplinks(host)), "eth0"))] if wanted.first else []),
        *rules,
        "COMMIT",
    )
    dialect: IptablesDialect = "iptables-legacy" if table.dialect == "iptables-legacy" else "iptables-nft"
    text = "\n".join(lines) + "\n"
    found = save.parse(text, family="ip", dialect=dialect, source=RULES, evidence=table.evidence)
    return Change((ReplaceTable(host.netns, table.dialect, table.family, table.name, found[0]),))


def _policy(name: str, policy: str | None, wanted: _Rules) -> str:
    return wanted.forward if name == "FORWARD" and wanted.forward != "ACCEPT" else (policy or "accept").upper()


# --- routes ----------------------------------------------------------------------------------------------------------


def _of_routes(host: Host, told: ToldParts) -> Iterator[Alternative]:
    if (HOST, "routes4") in told.parts:
        return
    routes = (each for each in host.namespace(HOST).routes if not each.prefix_length and each.version == 4)
    default = next(routes, None)
    if default is not None:
        gone = Change((DeleteEntry(host.netns, default),))
        yield Alternative("host-default-route-missing", 1, gone)

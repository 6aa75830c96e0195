"""The supposed parts of a host that a flow's walk reads.  The flow's verdict rests on these parts and on told parts."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts, ToldTable
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.sysctl import known_sysctl
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.pasted.asking import NETWORK_FILES
from hairpin.programs import UFW
from hairpin.walk.reads import Part, walked_with_parts
from hairpin.walk.trace import Trace

_LISTED = {
    "links": "ip -d addr",
    "addresses": "ip -d addr",
    "routes": "ip route show table all",
    "rules": "ip rule",
    "sockets": "ss -lntup",
}
"""The fields of a namespace that decide about packets on most hosts, each with the command that lists it.  On nearly
all hosts the other fields (connections, neighbours, counters) have nothing unusual."""


Elsewise = Literal["stops", "passes", "other"]
"""What another state of a supposed part can do to a packet that stops at a told part.  ``stops``: the supposed state is
the most favourable one, so the packet stops with any other state, too.  ``passes``: another state may lead the packet
past the stop.  ``other``: another state may give the stop another cause, or lead the packet to another place."""


class Supposition(NamedTuple):
    """A part of a host that is supposed.  ``netns``: the namespace.  ``what``: the part, in words for a reader.
    ``command``: a read-only command that shows the part."""

    netns: str
    what: Message | str
    command: str
    elsewise: Elsewise = "stops"


def supposed_in(network: Network, flow: Flow, *, by_name: bool = False) -> tuple[Supposition, ...]:
    """Return the supposed parts on which the flow's verdict rests, each once; an empty tuple for a host that was read.

    ``by_name``: whether the question has the target's name instead of its address."""
    if all(host.told is None for host in network.hosts):
        return ()
    mapped = any(host.told is not None and host.told.mapped for host in network.hosts)
    trace, parts = walked_with_parts(network, flow)
    if not trace.succeeds:
        inner = {each[:2] for each in parts if each[1] not in ("", HOST)}
        behind = {each for each in inner if _ends_before(trace, *each)}
        parts = frozenset(each for each in parts if each[:2] not in behind) if behind else parts
    found: dict[Supposition, None] = {_ADDRESSES: None} if mapped else {}
    for each in network.hosts:
        if each.told is not None:
            found |= dict.fromkeys(_of_host(each, each.told, trace, flow))
    if (flow.asked_name or by_name) and isinstance(flow.start, FromContainer):
        found[_names_of(flow.start.name)] = None
    rules = {(host.name, HOST, "ruleset"): host.told for host in network.hosts if host.told is not None}
    further = {part: tuple(_left_out(told, trace, flow)) for part, told in rules.items() if part in parts}
    ordered = _of_parts(network, flow.version).ordered(parts, further)
    return (*found, *(each for each in ordered if each not in found)) if found else tuple(ordered)


class _OfParts:
    """The suppositions of the parts that flows of one version of IP read.  On a host with many containers each flow
    reads the same parts of many namespaces, so each part is looked up once."""

    def __init__(self, network: Network, version: Version) -> None:
        self._told = {host.name: host.told for host in network.hosts if host.told is not None}
        self._version: Version = version
        self._listed: list[Supposition] = []
        self._numbers: dict[Supposition, int] = {}
        self._known: set[Part] = set()
        self._speaking: dict[Part, tuple[int, ...]] = {}

    def ordered(self, parts: frozenset[Part], further: Mapping[Part, tuple[Supposition, ...]]) -> Iterator[Supposition]:
        """Yield the suppositions of the parts, each once, in the order of the first part that has it.  ``further``:
        suppositions of some of the parts that only this flow has."""
        for part in parts.difference(self._known):
            self._learn(part)
        numbers = {part: self._speaking[part] for part in parts.intersection(self._speaking)}
        for part, said in further.items():
            numbers[part] = (*numbers.get(part, ()), *map(self._number, said))
        first: dict[int, tuple[Part, int]] = {}
        for part, each in numbers.items():
            for place, number in enumerate(each):
                if number not in first or part < first[number][0]:
                    first[number] = (part, place)
        yield from (self._listed[number] for number in sorted(first, key=first.__getitem__))

    def _learn(self, part: Part) -> None:
        self._known.add(part)
        told = self._told.get(part[0])
        said = tuple(map(self._number, _of(part, told, self._version) if told is not None else ()))
        if said:
            self._speaking[part] = said

    def _number(self, supposition: Supposition) -> int:
        number = self._numbers.setdefault(supposition, len(self._listed))
        if number == len(self._listed):
            self._listed.append(supposition)
        return number


@kept
def _of_parts4(network: Network) -> _OfParts:
    return _OfParts(network, 4)


@kept
def _of_parts6(network: Network) -> _OfParts:
    return _OfParts(network, 6)


def _of_parts(network: Network, version: Version) -> _OfParts:
    return _of_parts4(network) if version == 4 else _of_parts6(network)


def _left_out(told: ToldParts, trace: Trace, flow: Flow) -> Iterator[Supposition]:
    """Yield the suppositions about rules that the text leaves out, if a packet passes their hook."""
    if not told.left_out:
        return
    steps = (each for branch in trace.branches for each in (*branch.request, *branch.reply, *branch.data))
    passed = {each.stage for each in steps if each.netns.is_host}
    family = "ip" if flow.version == 4 else "ip6"
    for each in sorted(told.left_out):
        if each.family == family and (each.hook in passed or trace.succeeds):
            said = message("the rules of table {table} at {hook} that the text leaves out", table=each.table,
                           hook=each.hook)  # fmt: skip
            yield Supposition(HOST, said, f"sudo iptables-save -t {each.table}", "other")


def _of_host(host: Host, told: ToldParts, trace: Trace, flow: Flow) -> Iterator[Supposition]:
    """Yield the suppositions on which every verdict about the host rests."""
    if not told.containers and not told.typed:
        yield Supposition(HOST, message("the containers of the host"), CONTAINERS, "passes")
    if flow.container in {each.name for each in host.containers()} - told.placed:
        said = message("the network of {container}", container=flow.container or "")
        yield Supposition(HOST, said, f"docker inspect {flow.container}", "other")
    if trace.succeeds:
        return
    if flow.container is None:
        yield from _ports_of_stopped(host)
    if _lacks_route(trace, host) and not any(map(_is_of_network, told.files)):
        yield Supposition(HOST, message("the files that configure the network of the host"), NETWORK_FILES, "other")
    if any(each.network_backend == "cni" for each in host.engines):
        said = message("the plugins in the files of CNI's networks")
        yield Supposition(HOST, said, "grep -s type /etc/cni/net.d/*.conflist", "other")
    if _lacks_ufw(host, told):
        yield Supposition(HOST, message("the settings of ufw"), "cat /etc/default/ufw", "other")


def _lacks_route(trace: Trace, host: Host) -> bool:
    """Return whether a packet ends on the host itself because it has no route.  Only the host's files show the reason:
    an address with a wrong prefix length, or a lost route."""
    stops = (each.stop for each in trace.branches)
    return any(each is not None and each.reason == "no-route" and each.netns == host.netns for each in stops)


def _lacks_ufw(host: Host, told: ToldParts) -> bool:
    """Return whether the told rules are ufw's, but the file with ufw's policies is not told."""
    table = host.namespace(HOST).ruleset.table("ip", "filter")
    is_ufw = table is not None and any(each.name.startswith(UFW.chains) for each in table.chains)
    return is_ufw and not any("ufw" in path for path in told.files)


def _names_of(container: str) -> Supposition:
    said = message("the names in /etc/hosts of {container}", container=container)
    return Supposition(f"container:{container}", said, f"docker exec {container} cat /etc/hosts", "passes")


def _is_of_network(path: str) -> bool:
    return path.startswith(("/etc/network/", "/etc/netplan", "/etc/systemd/network", "/etc/sysconfig/network"))


def _ports_of_stopped(host: Host) -> Iterator[Supposition]:
    """Yield the supposition that a stopped container publishes no port.  A list of containers shows only ports in
    effect."""
    for each in host.containers():
        if not each.running and not each.bindings:
            said = message("that {container}, which does not run, publishes no port", container=each.name)
            yield Supposition(HOST, said, f"docker inspect {each.name}", "other")


_BEFORE_LINK = frozenset({"prerouting", "input-route", "forward", "postrouting", "input", "output", "output-route"})
"""The stages in which the host decides without the answer of a neighbour."""


def _ends_before(trace: Trace, host: str, netns: str) -> bool:
    """Return whether the packets of each branch end in the host's own namespace, before they could enter another
    namespace."""
    inside = Netns(host, netns)
    return all(
        each.steps
        and not each.succeeds
        and each.steps[-1].netns.is_host
        and each.steps[-1].stage in _BEFORE_LINK
        and all(step.netns != inside for step in each.steps)
        for each in trace.branches
    )


def _of(part: Part, told: ToldParts, version: Version) -> Iterator[Supposition]:
    _, netns, field = part
    if not netns:
        return
    if netns != HOST:
        if field.endswith("/rp_filter") and told.proves(netns, "sockets") and not told.proves(netns, "sysctls"):
            yield _switches_inside(netns.removeprefix("container:"))
        inside = field in ("links", "addresses", "routes", "sockets", "ruleset") and not told.proves(netns, field)
        if inside and not told.proves(netns, f"{field}{version}"):
            yield _inside(netns.removeprefix("container:"))
        return
    if field.startswith("net/"):
        path = tuple(field.split("/"))
        row = known_sysctl(path)
        if path not in told.sysctls and row is not None and row.silent:
            yield Supposition(HOST, message("the kernel's sysctls forwarding and rp_filter"), SYSCTLS, "passes")
    elif field == "ruleset":
        yield from _tables(told, "ip" if version == 4 else "ip6")
    elif field in ("routes", "rules"):
        if not told.proves(HOST, f"{field}{version}"):
            yield Supposition(HOST, _NAMES[field], _LISTED[field])
    elif field in _LISTED and not told.proves(HOST, field):
        yield Supposition(HOST, _NAMES[field], _LISTED[field], "stops" if field == "sockets" else "passes")


CONTAINERS = "docker ps -a"
LINKS = "ip -d addr"
RULES = "sudo iptables-save"
SYSCTLS = "sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|route_localnet'"
_ADDRESSES = Supposition(
    HOST, message("the addresses: `sos clean` has replaced them, and not always in the same way"), "ip -d addr", "other"
)
_NAMES: dict[str, Message] = {
    "links": message("the links and addresses of the host"),
    "addresses": message("the links and addresses of the host"),
    "routes": message("the routes of the host"),
    "rules": message("the policy rules of the host"),
    "sockets": message("the sockets of the host"),
}


def _inside(container: str) -> Supposition:
    said = message("the inside of {container}: its service listens on all its addresses", container=container)
    return Supposition(f"container:{container}", said, inside_command(container))


def _switches_inside(container: str) -> Supposition:
    said = message("the sysctl rp_filter in {container}", container=container)
    return Supposition(f"container:{container}", said, _inside_of(container, "sysctl -ar rp_filter"))


def inside_command(container: str) -> str:
    """Return the command that lists the listening sockets of a container.  The command runs the host's own ss, because
    most images have no ss."""
    return _inside_of(container, "ss -lntup")


def _inside_of(container: str, command: str) -> str:
    return f"sudo nsenter -n -t \"$(docker inspect -f '{{{{.State.Pid}}}}' {container})\" {command}"


def _tables(told: ToldParts, family: str) -> Iterator[Supposition]:
    tool = "iptables-save" if family == "ip" else "ip6tables-save"
    is_doubtful = (HOST, family) in told.doubtful
    lacking = [name for name in ("filter", "nat") if is_doubtful or ToldTable(family, name) not in told.tables]
    if lacking:
        said = message("the rules of iptables in {tables}", tables=", ".join(lacking))
        # What an engine's table nat does with a packet is not the most favourable thing: docker-proxy needs no rule.
        yield Supposition(
            HOST, said, f"sudo {tool}", "other" if is_doubtful else "passes" if "nat" in lacking else "stops"
        )
    if not told.natives or (HOST, "natives") in told.doubtful:
        yield Supposition(HOST, message("that nftables has no further tables"), "sudo nft list ruleset")

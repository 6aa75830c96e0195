"""The supposed parts of a host that a flow's walk reads: what the flow's verdict rests on beside the told parts."""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts, ToldTable
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.reads import Part, what_reads
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

_LISTED = {
    "links": "ip -d addr",
    "addresses": "ip -d addr",
    "routes": "ip route show table all",
    "rules": "ip rule",
    "sockets": "ss -lntup",
}
"""The fields of a namespace that decide about packets on most hosts, with the command that lists each.  What other
fields have (connections, neighbours, counters) is nothing unusual on nearly each host."""


class Supposition(NamedTuple):
    """A part of a host that is supposed.  ``netns``: the namespace; ``what``: the part, as a reader knows it.
    ``command``: a read-only command that shows the part."""

    netns: str
    what: Message | str
    command: str


def supposed_in(network: Network, flow: Flow) -> tuple[Supposition, ...]:
    """Return what the flow's verdict rests on beside the told parts, each once; nothing for a host that was read."""
    if all(host.told is None for host in network.hosts):
        return ()
    mapped = any(host.told is not None and host.told.mapped for host in network.hosts)
    trace, parts = what_reads(network, lambda watched: walk_flow(watched, flow))
    parts = frozenset(each for each in parts if each[1] in ("", HOST) or not _ends_before(trace, each[0], each[1]))
    found: dict[Supposition, None] = {_ADDRESSES: None} if mapped else {}
    for each in network.hosts:
        if each.told is not None and not each.told.containers and not each.told.typed:
            found[Supposition(HOST, message("the containers of the host"), "docker ps -a")] = None
        if each.told is not None and not trace.succeeds and flow.container is None:
            found |= dict.fromkeys(_ports_of_stopped(each))
    for part in sorted(parts):
        host = next((each for each in network.hosts if each.name == part[0]), None)
        if host is not None and host.told is not None:
            found |= dict.fromkeys(_of(part, host.told, flow))
    return tuple(found)


def _ports_of_stopped(host: Host) -> Iterator[Supposition]:
    """Yield that a container that does not run publishes no port: a list of containers shows only ports in effect."""
    for each in host.containers():
        if not each.running and not each.bindings:
            said = message("that {container}, which does not run, publishes no port", container=each.name)
            yield Supposition(HOST, said, f"docker inspect {each.name}")


_BEFORE_LINK = frozenset({"prerouting", "input-route", "forward", "postrouting", "input", "output", "output-route"})
"""The stages in which the host decides alone: no neighbour has to answer."""


def _ends_before(trace: Trace, host: str, netns: str) -> bool:
    """Return whether the packets of each branch end in the host's own namespace, before they could come to another
    one."""
    inside = Netns(host, netns)
    return all(
        each.steps
        and not each.succeeds
        and each.steps[-1].netns.is_host
        and each.steps[-1].stage in _BEFORE_LINK
        and all(step.netns != inside for step in each.steps)
        for each in trace.branches
    )


def _of(part: Part, told: ToldParts, flow: Flow) -> Iterator[Supposition]:
    _, netns, field = part
    if not netns:
        return
    if netns != HOST:
        inside = field in ("links", "addresses", "routes", "sockets", "ruleset") and not told.proves(netns, field)
        if inside and not told.proves(netns, f"{field}{flow.version}"):
            yield _inside(netns.removeprefix("container:"))
        return
    if field.startswith("net/"):
        if tuple(field.split("/")) not in told.sysctls and field.rpartition("/")[2] in _DECIDING:
            yield Supposition(HOST, message("the switches forwarding and rp_filter of the kernel"), SYSCTLS)
    elif field == "ruleset":
        yield from _tables(told, "ip" if flow.version == 4 else "ip6")
    elif field in ("routes", "rules"):
        if not told.proves(HOST, f"{field}{flow.version}"):
            yield Supposition(HOST, _NAMES[field], _LISTED[field])
    elif field in _LISTED and not told.proves(HOST, field):
        yield Supposition(HOST, _NAMES[field], _LISTED[field])


SYSCTLS = "sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|route_localnet'"
_DECIDING = ("forwarding", "ip_forward", "rp_filter", "route_localnet")
_ADDRESSES = Supposition(
    HOST, message("the addresses: `sos clean` has written others, and not always the same for the same"), "ip -d addr"
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


def inside_command(container: str) -> str:
    """Return the command that lists the listening sockets of a container, with the host's own ss: most images have
    none."""
    return f"sudo nsenter -n -t \"$(docker inspect -f '{{{{.State.Pid}}}}' {container})\" ss -lntup"


def _tables(told: ToldParts, family: str) -> Iterator[Supposition]:
    tool = "iptables-save" if family == "ip" else "ip6tables-save"
    is_doubtful = (HOST, family) in told.doubtful
    lacking = [name for name in ("filter", "nat") if is_doubtful or ToldTable(family, name) not in told.tables]
    if lacking:
        said = message("the rules of iptables in {tables}", tables=", ".join(lacking))
        yield Supposition(HOST, said, f"sudo {tool}")
    if not told.natives or (HOST, "natives") in told.doubtful:
        yield Supposition(HOST, message("that nftables has no further tables"), "sudo nft list ruleset")

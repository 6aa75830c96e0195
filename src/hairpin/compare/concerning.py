"""Finds the differences that flows meet in the earlier or in the later network.  A user who asks about a port wants to
see only these differences.  A difference can decide a flow only if the flow's packets meet it."""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change import change as c
from hairpin.compare.container_differences import socket_port
from hairpin.compare.deciding import FlowPair, RulePlace, is_on_way, is_read, read_parts, satisfied_rules
from hairpin.compare.edit import Edited, HostTaken, NotWalked, RulesTaken, TableTaken
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.sysctl import Path
from hairpin.host.xfrm import XfrmPolicy
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.deciders import deciders
from hairpin.walk.reads import Part
from hairpin.walk.walked import walked

_Link = tuple[str, str]
"""The name of a namespace, and the name of a link in it."""


class Met(msgspec.Struct, frozen=True):
    """The things that flows meet: namespaces by name, links, addresses and ports of their packets, routes and routing
    rules (without their place in a reading), satisfied rules, and the parts of the networks that the walks read."""

    spaces: frozenset[str]
    links: frozenset[_Link]
    addresses: frozenset[int]
    ports: frozenset[int]
    routes: frozenset[Route | PolicyRule]
    rules: frozenset[RulePlace]
    read: frozenset[Part]


def met_differences(
    sides: Sides, pairs: Iterable[FlowPair], differences: tuple[ListedDifference, ...]
) -> frozenset[str]:
    """Return the references of the differences that at least one of the flows meets."""
    met = [(_met_by(sides.was, pair.was), _met_by(sides.now, pair.now)) for pair in pairs]
    hosts = sides.was.this, sides.now.this
    return frozenset(
        each.ref
        for each in differences
        if any(_is_rule_met(each, was, now) or any(_is_met(each, one, hosts) for one in (was, now)) for was, now in met)
    )


def _met_by(network: Network, flow: Flow) -> Met:
    places = list(_places(network, flow))
    lookups = [each.found for each in deciders(network, flow).lookups]
    gateways = (hop.gateway for found in lookups for hop in found.next_hops)
    found = [*(each.route for each in lookups), *(each.rule for each in lookups)]
    return Met(
        spaces=frozenset(netns.name for netns, _, _, _ in places),
        links=frozenset((netns.name, link) for netns, link, _, _ in places),
        addresses=frozenset(address for *_, addresses, _ in places for address in addresses)
        | frozenset(each for each in gateways if each is not None),
        ports=frozenset(port for *_, ports in places for port in ports if port is not None),
        routes=frozenset(_without_place(each) for each in found if each is not None),
        rules=satisfied_rules(network, flow),
        read=read_parts(network, flow),
    )


_Place = tuple[Netns, str, tuple[int, ...], tuple[int | None, ...]]


def _places(network: Network, flow: Flow) -> Iterator[_Place]:
    """Yield the places of the flow's packets: the namespace, the link, and the addresses and ports of the packet
    there."""
    for branch in walked(network, flow).branches:
        for step in branch.steps:
            packet = step.packet
            yield step.netns, step.link, (packet.saddr, packet.daddr), (packet.sport, packet.dport)
        if branch.stop is not None:
            yield branch.stop.netns, branch.stop.link, (), ()


def _without_place(entry: Route | PolicyRule) -> Route | PolicyRule:
    return msgspec.structs.replace(entry, evidence="", entry=0)


def _is_rule_met(difference: ListedDifference, was: Met, now: Met) -> bool:
    """Return whether packets satisfy a differing rule or policy, in the network that contains the rule or policy."""
    match difference.edit:
        case RulesTaken() as edit:
            return is_on_way(edit, was.rules, now.rules)
        case TableTaken(table=table, item="policy", name=name):
            return (table, name, 0) in was.rules | now.rules
        case TableTaken() as edit:
            return is_on_way(edit, was.rules, now.rules) and is_read(difference, was.read | now.read)
        case _:
            return False


def _is_met(difference: ListedDifference, met: Met, hosts: tuple[Host, Host]) -> bool:
    edit, netns = difference.edit, difference.netns
    if isinstance(edit, NotWalked | RulesTaken | TableTaken):
        return False
    if isinstance(edit, HostTaken):
        return any(_is_host_part_met(edit, met, host) for host in hosts)
    if netns.name not in met.spaces:
        return False
    if isinstance(edit, Edited):
        return any(_is_setting_met(each, met, difference) for each in edit.parts)
    if edit.item == "link":
        return (netns.name, edit.name) in met.links
    if edit.item == "socket":
        return socket_port(edit.name) in met.ports
    return is_read(difference, met.read)


def _is_host_part_met(edit: HostTaken, met: Met, host: Host) -> bool:
    """Return whether the flow's packets meet the part, for example because they enter the container's namespace."""
    passed = [each for each in host.containers() if each.netns in met.spaces and each.netns != host.netns.name]
    match edit.item:
        case "container" | "state":
            return any(each.name == edit.name for each in passed) or _had_address(edit.name, met, host)
        case "network":
            return any(end.network == edit.name for each in passed for end in each.endpoints)
        case "engine":
            return any(
                each in engine.containers for engine in host.engines for each in passed if engine.kind == edit.tool
            )
        case "namespace":
            return edit.name in met.spaces


def _had_address(name: str, met: Met, host: Host) -> bool:
    """Return whether the flow's packets have an address of the container, or a host port that the container
    publishes."""
    return any(
        not met.addresses.isdisjoint(filter(None, (end.ipv4, end.ipv6)))
        for each in host.containers()
        if each.name == name
        for end in each.endpoints
    ) or any(
        binding.host_port in met.ports for each in host.containers() if each.name == name for binding in each.bindings
    )


def _is_setting_met(part: c.Primitive, met: Met, difference: ListedDifference) -> bool:
    space = difference.netns.name
    match part:
        case c.SetSysctl(path=path):
            return _is_sysctl_read(difference.netns, path, met)
        case c.SetLink(link=link):
            return (space, link.name) in met.links
        case c.DeleteLink(link=name) | c.RenameLink(link=name):
            return (space, name) in met.links
        case c.AddEntry(entry=entry) | c.DeleteEntry(entry=entry):
            return _is_entry_met(entry, met, space)
        case c.ReplaceEntry(before=before, entry=entry):
            return _is_entry_met(before, met, space) or _is_entry_met(entry, met, space)
        case _:
            return is_read(difference, met.read)


def _is_sysctl_read(netns: Netns, path: Path, met: Met) -> bool:
    """Return whether a walk reads the sysctl, or a sysctl of an interface to which the kernel copies its value."""
    if (netns.host, netns.name, "/".join(path)) in met.read:
        return True
    if path[-1] != "ip_forward" and "all" not in path:
        return False
    copied = "forwarding" if path[-1] == "ip_forward" else path[-1]
    start, end = f"{'/'.join(path[:2])}/conf/", f"/{copied}"
    return any(
        (host, space) == (netns.host, netns.name) and field.startswith(start) and field.endswith(end)
        for host, space, field in met.read
    )


def _is_entry_met(
    entry: Route | PolicyRule | Address | Neighbour | FdbEntry | XfrmPolicy, met: Met, space: str
) -> bool:
    match entry:
        case Route() | PolicyRule():
            return _without_place(entry) in met.routes
        case Address(link=link, value=value):
            return (space, link) in met.links or value in met.addresses
        case Neighbour(link=link, value=value):
            return (space, link) in met.links and value in met.addresses
        case FdbEntry(port=port):
            return (space, port) in met.links
        case XfrmPolicy():
            return True  # a walk does not record the policies that a packet met

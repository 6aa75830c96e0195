"""The commands that set something in the kernel, or delete what it has learned."""

from collections.abc import Iterator
from typing import assert_never

from hairpin.change.change import (
    AddAddress,
    AddFdbEntry,
    AddNeighbour,
    AddPolicyRule,
    AddRoute,
    DeleteAddress,
    DeleteFdbEntry,
    DeleteNeighbour,
    DeletePolicyRule,
    DeleteRoute,
    DropConnection,
    Forget,
    Forgotten,
    ReplaceFdbEntry,
    ReplaceRoute,
    ReplaceSysctls,
    SetLink,
    SetSysctl,
    Setting,
)
from hairpin.change.words import (
    Words,
    address_words,
    fdb_words,
    link_commands,
    neighbour_words,
    new_address_words,
    new_bridge_commands,
    new_macvlan_commands,
    new_neighbour_words,
    policy_rule_words,
    route_words,
    selecting_route,
    six,
)
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.route import FdbEntry
from hairpin.host.sysctl import Path, dotted
from hairpin.message import message
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Tuple
from hairpin.network.prefix import Version, address_text


def setting_argv(part: Setting, namespace: Namespace | None) -> tuple[Words, ...]:
    """Return the commands in order; none for a carrier, which only a person at the cable can change.  ``namespace``: as
    it is before.  Raises ChangeError for what no command can say."""
    match part:
        case SetSysctl(path=path, value=value):
            return (("sysctl", "-w", _assigned(path, value)),)
        case ReplaceSysctls(values=values):
            return (("sysctl", "-w", *(_assigned(path, value) for path, value in values)),)
        case SetLink(link=link):
            before = namespace.link(link.name) if namespace is not None else None
            if before is not None:
                return tuple(link_commands(before, link))
            if link.kind == "macvlan" and link.lower is not None:
                return tuple(new_macvlan_commands(link, link.lower))
            return tuple(new_bridge_commands(link)) if link.kind == "bridge" else ()
        case AddPolicyRule(rule=rule):
            return (("ip", *six(rule.version), "rule", "add", *policy_rule_words(rule)),)
        case DeletePolicyRule(rule=rule):
            return (("ip", *six(rule.version), "rule", "del", *_selecting(part, namespace)),)
        case _:
            return (_entry_argv(part),)


def _assigned(path: Path, value: str) -> str:
    return f"{dotted(path)}={value}"


def _selecting(part: DeletePolicyRule, namespace: Namespace | None) -> Words:
    """Return the words that find the rule: its priority, or all of it if other rules have the same priority."""
    rule = part.rule
    same = [
        each
        for each in (namespace.rules if namespace is not None else ())
        if (each.version, each.priority) == (rule.version, rule.priority)
    ]
    return policy_rule_words(rule) if len(same) > 1 else ("priority", str(rule.priority))


_Entry = (
    AddAddress
    | DeleteAddress
    | AddRoute
    | DeleteRoute
    | ReplaceRoute
    | AddNeighbour
    | DeleteNeighbour
    | AddFdbEntry
    | DeleteFdbEntry
    | ReplaceFdbEntry
)


def _entry_argv(part: _Entry) -> Words:
    match part:
        case AddAddress(address=address):
            return ("ip", "address", "add", *new_address_words(address))
        case DeleteAddress(address=address):
            return ("ip", "address", "del", *address_words(address))
        case AddRoute(route=route):
            return ("ip", *six(route.version), "route", "add", *route_words(route))
        case ReplaceRoute(route=route):
            return ("ip", *six(route.version), "route", "replace", *route_words(route))
        case DeleteRoute(route=route):
            return ("ip", *six(route.version), "route", "del", *selecting_route(route))
        case AddNeighbour(neighbour=entry):
            # The kernel keeps one entry of an address: a learned one, or one made by hand before, is replaced.
            return ("ip", "neigh", "add" if entry.proxy else "replace", *new_neighbour_words(entry))
        case DeleteNeighbour(neighbour=entry):
            return ("ip", "neigh", "del", *neighbour_words(entry))
        case AddFdbEntry(entry=forwarding):
            verb = "append" if forwarding.remote is not None else "add"
            return ("bridge", "fdb", verb, *fdb_words(forwarding), *_lasting(forwarding))
        case ReplaceFdbEntry(entry=forwarding):
            return ("bridge", "fdb", "replace", *fdb_words(forwarding), *_lasting(forwarding))
        case DeleteFdbEntry(entry=forwarding):
            return ("bridge", "fdb", "del", *fdb_words(forwarding))
        case _:
            assert_never(part)


def _lasting(entry: FdbEntry) -> Words:
    """Return the word for an entry that is no address of the device's own: bridge(8) makes permanent ones else."""
    return ("static",) if entry.state == "static" else ()


def forgetting_argv(part: Forgotten, namespace: Namespace | None) -> Words:
    """Return the command that deletes the entries; raises ChangeError if there is no such connection."""
    match part:
        case DropConnection(version=version, original=original):
            if namespace is None or not any(map(part.means, namespace.connections)):
                raise ChangeError(message("no such connection in namespace {netns}", netns=part.netns.name))
            return ("conntrack", "-D", *_connection_words(version, original))
        case Forget(what="connections"):
            return ("conntrack", "-F")
        case Forget():
            return ("ip", "neigh", "flush", "all")
        case _:
            assert_never(part)


_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmpv6"}


def _connection_words(version: Version, original: Tuple) -> Iterator[str]:
    yield from ("-f", "ipv6" if version == 6 else "ipv4")
    yield from ("-s", address_text(original.saddr, version), "-d", address_text(original.daddr, version))
    yield from ("-p", _PROTOCOLS.get(original.protocol, str(original.protocol)))
    if original.protocol in (TCP, UDP):
        yield from ("--sport", str(original.sport)) if original.sport else ()
        yield from ("--dport", str(original.dport))

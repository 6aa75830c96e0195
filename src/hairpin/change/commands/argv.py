"""Commands that set something in the kernel, or delete learned entries."""

from collections.abc import Iterator
from typing import assert_never

from hairpin.change import change as c
from hairpin.change.commands.words import (
    Words,
    address_words,
    deleting_route,
    fdb_words,
    link_commands,
    neighbour_words,
    new_address_words,
    new_bridge_commands,
    new_neighbour_words,
    new_stacked_commands,
    new_xfrm_words,
    policy_rule_words,
    route_words,
    six,
    xfrm_words,
)
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.sysctl import Path, dotted
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import message
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Tuple
from hairpin.network.prefix import Version, address_text


def setting_argv(part: c.Setting, namespace: Namespace | None) -> tuple[Words, ...]:
    """Return the commands that make the setting, in order.  There is no command for a link's carrier: only a person can
    plug in the cable.  ``namespace`` is the namespace before the setting.  Raises ChangeError if no command can make
    the setting."""
    match part:
        case c.SetSysctl(path=path, value=value):
            return (("sysctl", "-w", _assigned(path, value)),)
        case c.ReplaceSysctls(values=values):
            return (("sysctl", "-w", *(_assigned(path, value) for path, value in values)),)
        case c.SetLink(link=link):
            before = namespace.link(link.name) if namespace is not None else None
            if before is not None:
                return tuple(link_commands(before, link))
            if link.kind in ("macvlan", "ipvlan") and link.lower is not None:
                return tuple(new_stacked_commands(link, link.lower))
            return tuple(new_bridge_commands(link)) if link.kind == "bridge" else ()
        case c.RenameLink(link=name, name=new):
            return (("ip", "link", "set", name, "name", new),)
        case c.DeleteLink(link=name):
            return (("ip", "link", "del", name),)
        case c.SetDormant(family=family, table=table, dormant=dormant):
            # Adding a table that exists only sets its flags: nf_tables_updtable().
            return (("nft", "add", "table", family, table, *(("{ flags dormant; }",) if dormant else ())),)
        case c.AddEntry(entry=entry):
            return (_adding(entry),)
        case c.DeleteEntry(entry=entry):
            return (_deleting(entry, namespace),)
        case c.ReplaceEntry(entry=entry):
            return (_replacing(entry),)
        case _:
            assert_never(part)


def _assigned(path: Path, value: str) -> str:
    return f"{dotted(path)}={value}"


def _adding(entry: c.Entry) -> Words:
    match entry:
        case Address():
            return ("ip", "address", "add", *new_address_words(entry))
        case Route():
            return ("ip", *six(entry.version), "route", "add", *route_words(entry))
        case PolicyRule():
            return ("ip", *six(entry.version), "rule", "add", *policy_rule_words(entry))
        case Neighbour():
            # The kernel keeps one entry per address, so this command replaces a learned entry or an entry that was
            # added by hand.
            return ("ip", "neigh", "add" if entry.proxy else "replace", *new_neighbour_words(entry))
        case FdbEntry():
            verb = "append" if entry.remote is not None else "add"
            return ("bridge", "fdb", verb, *fdb_words(entry), *_lasting(entry))
        case XfrmPolicy():
            return ("ip", "xfrm", "policy", "add", *new_xfrm_words(entry))
        case _:
            assert_never(entry)


def _replacing(entry: c.Replaceable) -> Words:
    if isinstance(entry, Route):
        return ("ip", *six(entry.version), "route", "replace", *route_words(entry))
    return ("bridge", "fdb", "replace", *fdb_words(entry), *_lasting(entry))


def _deleting(entry: c.Entry, namespace: Namespace | None) -> Words:
    match entry:
        case Address():
            return ("ip", "address", "del", *address_words(entry))
        case Route():
            routes = namespace.routes if namespace is not None else ()
            return ("ip", *six(entry.version), "route", *deleting_route(entry, routes))
        case PolicyRule():
            return ("ip", *six(entry.version), "rule", "del", *_selecting(entry, namespace))
        case Neighbour():
            return ("ip", "neigh", "del", *neighbour_words(entry))
        case FdbEntry():
            return ("bridge", "fdb", "del", *fdb_words(entry))
        case XfrmPolicy():
            return ("ip", "xfrm", "policy", "delete", *xfrm_words(entry))
        case _:
            assert_never(entry)


def _selecting(rule: PolicyRule, namespace: Namespace | None) -> Words:
    """Return the arguments that select the policy rule by its priority.  If another rule has the same priority, return
    the whole selector."""
    same = [
        each
        for each in (namespace.rules if namespace is not None else ())
        if (each.version, each.priority) == (rule.version, rule.priority)
    ]
    return policy_rule_words(rule) if len(same) > 1 else ("priority", str(rule.priority))


def _lasting(entry: FdbEntry) -> Words:
    """Return the keywords ``static`` and ``sticky``, each if it is true of the forwarding entry.  Without ``static``,
    bridge(8) adds the entry as ``permanent``, which stands for an address of the device itself."""
    return (*(("static",) if entry.state == "static" else ()), *(("sticky",) if entry.sticky else ()))


def forgetting_argv(part: c.Forgotten, namespace: Namespace | None) -> Words:
    """Return the command that deletes the entries; raises ChangeError if there is no such conntrack entry."""
    match part:
        case c.DropConnection(version=version, original=original):
            if namespace is None or not any(map(part.means, namespace.connections)):
                raise ChangeError(message("no such connection in namespace {netns}", netns=part.netns.name))
            return ("conntrack", "-D", *_connection_words(version, original))
        case c.Forget(what="connections"):
            return ("conntrack", "-F")
        case c.Forget(what="redirects"):
            return ("ip", "route", "flush", "cache")
        case c.Forget():
            return ("ip", "neigh", "flush", "all")
        case _:
            assert_never(part)


_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmpv6"}


def _connection_words(version: Version, original: Tuple) -> Iterator[str]:
    yield from ("-f", "ipv6" if version == 6 else "ipv4")
    yield from ("-s", address_text(original.saddr, version)) if original.saddr else ()
    yield from ("-d", address_text(original.daddr, version))
    yield from ("-p", _PROTOCOLS.get(original.protocol, str(original.protocol)))
    if original.protocol in (TCP, UDP):
        yield from ("--sport", str(original.sport)) if original.sport else ()
        yield from ("--dport", str(original.dport))

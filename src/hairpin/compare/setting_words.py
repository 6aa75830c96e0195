"""Writes the kernel's settings in the words of ip(8), bridge(8) and sysctl(8)."""

from typing import assert_never

from hairpin.change import change as c
from hairpin.change.commands.words import (
    address_words,
    fdb_words,
    link_commands,
    neighbour_words,
    new_address_words,
    new_neighbour_words,
    policy_rule_words,
    route_words,
    selecting_route,
)
from hairpin.change.simulation.entries import TABLES
from hairpin.compare.edit import Edited
from hairpin.compare.listed_difference import ListedDifference, PartOfHost, Text
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.sysctl import dotted
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import message

LINK_FIELDS = ("links", "addresses", "routes", "neighbours", "fdb", "sysctls")
"""The fields of a namespace that depend on a link's properties."""


def setting_difference(netns: Netns, part: c.InKernel, before: Namespace) -> ListedDifference:
    """Return the difference that the setting makes in the namespace.  ``before``: the namespace before the setting."""
    match part:
        case c.SetSysctl(path=path, value=value):
            named = dotted(path)
            value_before = before.sysctls.values.get(path)
            fields = ("sysctls", "/".join(path))
            return ListedDifference("sysctls", netns, named, value_before, value, Edited((part,)), fields=fields)
        case c.SetLink(link=link):
            known = before.link(link.name)
            assert known is not None  # a setting of an existing link
            was, now = _commands_text(link, known), _commands_text(known, link)
            return link_difference(netns, link, message("link {link}", link=link.name), was, now)
        case c.RenameLink(link=old, name=new):
            where = message("link {link}, name", link=old)
            return ListedDifference("links", netns, where, old, new, Edited((part,)), fields=LINK_FIELDS)
        case c.DeleteLink(link=name):
            found = before.link(name)
            text = link_text(found) if found is not None else name
            return ListedDifference("links", netns, message("link {link}", link=name), text, None, Edited((part,)),
                                    fields=LINK_FIELDS)  # fmt: skip
        case c.AddEntry(entry=entry):
            return _of_entry(netns, entry, None, entry, Edited((part,)))
        case c.DeleteEntry(entry=entry):
            return _of_entry(netns, entry, entry, None, Edited((part,)))
        case c.ReplaceEntry(before=old_entry, entry=entry):
            return _of_entry(netns, entry, old_entry, entry, Edited((part,)))
        case _:
            raise AssertionError(part)  # SETTINGS finds no rules


def _commands_text(before: Link, after: Link) -> str:
    """Return the properties that the commands for the link set, such as ``down ; mtu 1400``."""
    return " ; ".join(" ".join(_without_link(each)) for each in link_commands(before, after))


def _without_link(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the command after ``ip link set LINK``."""
    if command[:4] == ("ip", "link", "set", "dev"):
        return command[5:]
    return command[4:] if command[0] == "ip" else command


_PARTS: dict[type[c.Entry], PartOfHost] = {
    Address: "addresses", Route: "routes", PolicyRule: "policy-rules", Neighbour: "neighbours", FdbEntry: "forwarding",
    XfrmPolicy: "policy-rules",
}  # fmt: skip


def _of_entry(
    netns: Netns, entry: c.Entry, before: c.Entry | None, after: c.Entry | None, edit: Edited
) -> ListedDifference:
    part, field = _PARTS[type(entry)], TABLES[type(entry)]
    fields = (field, "routes") if field == "addresses" else (field,)
    was, now = (_entry_text(each) if each is not None else None for each in (before, after))
    return ListedDifference(part, netns, _entry_place(entry), was, now, edit, fields=fields)


def _entry_place(entry: c.Entry) -> Text:
    match entry:
        case Address(link=link):
            return message("address of {link}", link=link)
        case Route():
            name = "default" if not entry.prefix_length else str(entry.prefix)
            return message("route {prefix}, table {table}", prefix=name, table=_table_name(entry.table))
        case PolicyRule(version=version, priority=priority):
            return message("IPv{version} routing rule {priority}", version=version, priority=priority)
        case Neighbour(link=link):
            return message("neighbour entry of {link}", link=link)
        case FdbEntry(port=port):
            return message("forwarding entry of {port}", port=port)
        case XfrmPolicy(direction=direction):
            return message("IPsec policy, direction {direction}", direction=direction)
        case _:
            assert_never(entry)


def _table_name(table: int) -> str:
    return {255: "local", 254: "main", 253: "default"}.get(table, str(table))


def _entry_text(entry: c.Entry) -> str:
    """Return the entry in the words of ip(8) and bridge(8)."""
    try:
        match entry:
            case Address():
                return " ".join(new_address_words(entry))
            case Route():
                return " ".join(route_words(entry))
            case PolicyRule():
                return " ".join(policy_rule_words(entry))
            case Neighbour():
                return " ".join(new_neighbour_words(entry))
            case FdbEntry():
                return " ".join(fdb_words(entry))
            case XfrmPolicy(text=text):
                return text
            case _:
                assert_never(entry)
    except ChangeError:
        return _finding_text(entry)


def _finding_text(entry: c.Entry) -> str:
    match entry:
        case Route():
            return " ".join(selecting_route(entry))
        case PolicyRule(text=text):
            return text
        case Address():
            return " ".join(address_words(entry))
        case Neighbour():
            return " ".join(neighbour_words(entry))
        case FdbEntry():
            return " ".join(fdb_words(entry))
        case XfrmPolicy(text=text):
            return text
        case _:
            assert_never(entry)


def link_difference(
    netns: Netns, link: Link, where: Text, before: Text | None, after: Text | None, *, listed: bool = True
) -> ListedDifference:
    """Return the difference of one property of a link."""
    edit = Edited((c.SetLink(netns, link),))
    return ListedDifference("links", netns, where, before, after, edit, listed=listed, fields=LINK_FIELDS)


def link_text(link: Link) -> str:
    """Return the link's properties as a text such as ``veth up mtu 1500 master docker0``."""
    words = [link.kind or "device", "up" if link.up else "down", f"mtu {link.mtu_bytes}"]
    if link.master is not None:
        words.append(f"master {link.master}")
    return " ".join(words)

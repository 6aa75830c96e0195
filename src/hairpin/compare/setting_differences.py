"""Finds differences of the kernel's settings in one namespace: links, addresses, routes, neighbours, sysctls.  A
setting and its consequences are one difference: a link that was set down also loses its routes, and the kernel copies
``ip_forward`` to every interface.  To find such consequences, each setting is simulated before the next setting is
searched.
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from hairpin.change.change import AddEntry, Change, DeleteEntry, DeleteLink, InKernel, SetLink, SetSysctl
from hairpin.change.difference import SETTINGS
from hairpin.change.simulation.simulate import simulate
from hairpin.compare.edit import Edited, SpaceTaken
from hairpin.compare.listed_difference import ListedDifference, Text
from hairpin.compare.setting_words import LINK_FIELDS, link_difference, link_text, setting_difference
from hairpin.compare.value_text import changed_texts, vlans_text
from hairpin.errors import ChangeError
from hairpin.field import facts_of
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.sysctl import dotted
from hairpin.message import message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network

_replace = msgspec.structs.replace
_VOLATILE = ("nf_conntrack_count",)
"""The names of files under /proc/sys that contain counters."""
_BRIDGES = "net/bridge"
_PHYSICAL = ("", "bond", "vlan")
_BESIDE = tuple(name for name, facts in facts_of(Link).items() if facts.diff == "beside")


class SettingDifferences(msgspec.Struct, frozen=True):
    """The differences of a namespace's settings, and the earlier network with all of them."""

    found: tuple[ListedDifference, ...]
    network: Network


def setting_differences(was: Network, now: Network, netns: Netns, ends: frozenset[str]) -> SettingDifferences:
    """Return the differences between the settings of a namespace in both networks.  ``ends``: links that are left out,
    because each of their containers is one difference as a whole."""
    found: list[ListedDifference] = []
    wanted = now.namespace(netns)
    ends = ends | frozenset(_renamed_links(was.namespace(netns), wanted))
    for name in [each.name for each in was.namespace(netns).links]:
        link = was.namespace(netns).link(name)
        if link is not None and wanted.link(name) is None and name not in ends:
            found.append(_of_link_gone(netns, link))
            was = simulate(Change((DeleteLink(netns, name),)), was)
    for link in wanted.links:
        if was.namespace(netns).link(link.name) is None and link.name not in ends:
            found.append(_of_new_link(netns, link))
            was = was.with_namespace(netns, with_link_of(was.namespace(netns), now.namespace(netns), link.name))
    goal = _comparable(was.namespace(netns), wanted)
    for find in SETTINGS:
        for part in sorted(_found(find(netns, was.namespace(netns), goal)), key=_copied_first):
            if part not in tuple(_found(find(netns, was.namespace(netns), goal))):
                continue  # this difference was a consequence of another setting
            told = setting_difference(netns, part, was.namespace(netns))
            try:
                was = simulate(Change((part,)), was)
            except ChangeError:
                continue
            found.append(told)
    for told, part in tuple(_beside(netns, was.namespace(netns), wanted)):
        found.append(told)
        try:
            was = simulate(Change((part,)), was)
        except ChangeError:
            continue
    found += _new_sysctls(netns, was.namespace(netns), wanted)
    return SettingDifferences(tuple(found), was)


def _found(parts: Iterator[InKernel]) -> list[InKernel]:
    """Return the parts of the change up to the first part that no command can make."""
    found: list[InKernel] = []
    with suppress(ChangeError):
        found.extend(parts)
    return found


def _copied_first(part: InKernel) -> bool:
    """Return the sort key that puts ``ip_forward`` before the sysctls to which the kernel copies it: False for
    ``ip_forward``, True for all other parts."""
    return not (isinstance(part, SetSysctl) and part.path[-1] == "ip_forward")


def _renamed_links(was: Namespace, now: Namespace) -> Iterator[str]:
    """Yield the earlier and the later name of each renamed link."""
    strays = {each.index: each for each in was.links if now.link(each.name) is None}
    for link in now.links:
        stray = strays.get(link.index)
        if was.link(link.name) is None and stray is not None and (stray.kind, stray.mac) == (link.kind, link.mac):
            yield from (stray.name, link.name)


def _comparable(was: Namespace, now: Namespace) -> Namespace:
    """Return the later namespace without the parts that cannot be compared: links that only the later namespace has,
    and counters.  The fields of a reading that one of the namespaces lacks are as in the earlier namespace."""
    unread = {*was.unread, *now.unread}
    changed: dict[str, object] = {
        "links": tuple(
            each for each in now.links if was.link(each.name) is not None or each.index in _indexes(was, now)
        ),
        "sysctls": _replace(
            now.sysctls, values={path: each for path, each in now.sysctls.values.items() if path[-1] not in _VOLATILE}
        ),
    }
    for field, keys in _READ_FROM.items():
        if not unread.isdisjoint(keys):
            changed[field] = getattr(was, field)
    return _replace(now, **changed)


_READ_FROM: dict[str, tuple[str, ...]] = {
    "addresses": ("ip-addr", "ip-addr-text"),
    "routes": ("ip-route4", "ip-route6"),
    "rules": ("ip-rule4", "ip-rule6"),
    "neighbours": ("ip-neigh",),
    "fdb": ("bridge-fdb",),
    "sysctls": ("sysctl",),
}


def _indexes(was: Namespace, now: Namespace) -> frozenset[int]:
    """Return the interface indexes of the earlier links whose names the later namespace lacks: they were renamed."""
    return frozenset(each.index for each in was.links if now.link(each.name) is None)


# --- links -----------------------------------------------------------------------------------------------------------


def _of_link_gone(netns: Netns, link: Link) -> ListedDifference:
    where = message("link {link}", link=link.name)
    edit = Edited((DeleteLink(netns, link.name),))
    return ListedDifference("links", netns, where, link_text(link), None, edit, fields=LINK_FIELDS)


def _of_new_link(netns: Netns, link: Link) -> ListedDifference:
    where = message("link {link}", link=link.name)
    edit = SpaceTaken(netns, "link", link.name)
    return ListedDifference("links", netns, where, None, link_text(link), edit, fields=LINK_FIELDS)


def with_link_of(was: Namespace, now: Namespace, name: str) -> Namespace:
    """Return the namespace with the named link of the later namespace and with this link's sysctls and forwarding
    entries, but without its addresses."""
    link = now.link(name)
    if link is None or was.link(name) is not None:
        return was
    values = {path: each for path, each in now.sysctls.values.items() if len(path) > 3 and path[3] == name}
    sysctls = _replace(was.sysctls, values={**was.sysctls.values, **values})
    fdb = (each for each in now.fdb if each.port == name)
    return _replace(was, links=(*was.links, link), sysctls=sysctls, fdb=(*was.fdb, *fdb))


def _beside(netns: Netns, was: Namespace, now: Namespace) -> Iterator[tuple[ListedDifference, InKernel]]:
    """Yield differences that no command of a change can make, each with the part of a change that simulates it: a
    carrier, settings of bridges, programs on links, addresses by DHCP."""
    for link in now.links:
        known = was.link(link.name)
        if known is None:
            continue
        if known.carrier != link.carrier and known.up == link.up:
            named = message("link {link}, carrier", link=link.name)
            carriers = _on(known.carrier), _on(link.carrier)
            told = link_difference(netns, link, named, *carriers, listed=link.kind in _PHYSICAL)
            yield told, SetLink(netns, link)
        if known.mac != link.mac and link.kind in _PHYSICAL and None not in (known.mac, link.mac):
            named = message("link {link}, hardware address", link=link.name)
            macs = write_mac(known.mac or 0), write_mac(link.mac or 0)
            yield link_difference(netns, link, named, *macs), SetLink(netns, link)
        for field in _BESIDE:
            if field.startswith("holder") and "tun-owners" in (*was.unread, *now.unread):
                continue
            one, other = _plain(getattr(known, field)), _plain(getattr(link, field))
            if one != other:
                named = message("link {link}, {field}", link=link.name, field=field.replace("_", " "))
                texts = changed_texts(one, other)
                listed = texts != (None, None)  # False if only the time of a peer's last handshake differs
                yield link_difference(netns, link, named, *texts, listed=listed), SetLink(netns, link)
        vlans = vlans_text(known), vlans_text(link)
        if known.port is not None and link.port is not None and vlans[0] != vlans[1]:
            named = message("link {link}, VLANs of the port", link=link.name)
            yield link_difference(netns, link, named, *vlans), SetLink(netns, link)
    yield from _dynamic_addresses(netns, was, now)


def _plain(value: object) -> object:
    return _replace(value, evidence="") if isinstance(value, msgspec.Struct) and hasattr(value, "evidence") else value


def _on(value: bool) -> Text:
    return message("yes") if value else message("no")


def _dynamic_addresses(netns: Netns, was: Namespace, now: Namespace) -> Iterator[tuple[ListedDifference, InKernel]]:
    """Yield the differences of addresses that a program or a router has assigned (DHCP, router advertisements)."""
    one, other = (
        {(each.link, each.version, each.value, each.prefix_length): each for each in space.addresses if each.dynamic}
        for space in (was, now)
    )
    static = {(each.link, each.version, each.value, each.prefix_length) for each in (*was.addresses, *now.addresses)
              if not each.dynamic}  # fmt: skip
    for key, address in one.items():
        if key not in other and key not in static:
            part = DeleteEntry(netns, address)
            yield _replace(setting_difference(netns, part, was), listed=address.version == 4), part
    for key, address in other.items():
        if key not in one and key not in static:
            made = AddEntry(netns, address)
            yield _replace(setting_difference(netns, made, was), listed=address.version == 4), made


def _new_sysctls(netns: Netns, was: Namespace, now: Namespace) -> Iterator[ListedDifference]:
    """Yield one difference for all sysctls of the kernel module br_netfilter, if only one host has loaded it."""
    one, other = (
        {path: each for path, each in space.sysctls.values.items() if path[:2] == ("net", "bridge")}
        for space in (was, now)
    )
    if bool(one) != bool(other) and "sysctl" not in (*was.unread, *now.unread):
        before, after = (
            "\n".join(f"{dotted(path)} = {text}" for path, text in sorted(values.items())) or None
            for values in (one, other)
        )
        edit = SpaceTaken(netns, "sysctl", _BRIDGES)
        where = message("module {module}", module="br_netfilter")
        paths = tuple("/".join(path) for path in (*one, *other))
        yield ListedDifference("sysctls", netns, where, before, after, edit, fields=("sysctls", *paths))

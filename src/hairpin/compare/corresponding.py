"""Gives things of the earlier host the names and numbers that the same things have on the later host.

The kernel and the engines choose some names and numbers at random: names of veths and of networks' bridges, indexes of
links, hardware addresses, ids.  A container that was started again has new random names and numbers, but is the same
container.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import Chain, Rule, Ruleset, Table
from hairpin.network.index import other_end

_replace = msgspec.structs.replace
_DRAWN = ("veth", "bridge", "macvlan", "ipvlan", "dummy", "vxlan", "tun", "ifb")
"""The kinds of links whose hardware address the kernel chooses at random."""
_RANDOM_NAME = re.compile(r"[a-z]+_[a-z]+[0-9]?")
"""Matches the names that Docker and Podman give to containers that a user did not name: pkg/namesgenerator of moby."""
_NEW_NUMBERS = 1_000_000
"""This number is added to the interface index of each link that only the earlier host has.  No link of the later host
has an index of this size."""


def renamed_as(was: Host, now: Host) -> Host:
    """Return the earlier host with the later host's label.  Things that both hosts have get the later host's names and
    numbers."""
    was = _replace(was, name=now.name)
    names = {**_container_names(was, now), **_ids(was, now)}
    was = _with_names(was, names)
    was = _with_names(was, _link_names(was, now))
    return _with_resolvers_of(_numbered_as(was, now), now)


def _container_names(was: Host, now: Host) -> dict[str, str]:
    """Return the later name of each container with a generated name, if only one container of the later host can be the
    same container."""
    gone, new = ({each.name: each for each in host.containers()} for host in (was, now))
    old = [each for name, each in gone.items() if name not in new and _RANDOM_NAME.fullmatch(name)]
    fresh = [each for name, each in new.items() if name not in gone and _RANDOM_NAME.fullmatch(name)]
    found: dict[str, str] = {}
    for each in old:
        alike = [other for other in fresh if _nature(other) == _nature(each)]
        if len(alike) == 1 and sum(_nature(other) == _nature(each) for other in old) == 1:
            found[each.name] = alike[0].name
            found[f"container:{each.name}"] = f"container:{alike[0].name}"
    return found


def _nature(container: Container) -> tuple[object, ...]:
    published = frozenset((each.protocol, each.container_port, each.host_port) for each in container.bindings)
    return container.image, container.network_mode, published, container.running


def _ids(was: Host, now: Host) -> dict[str, str]:
    """Return the later ids of containers and networks that both hosts have by name, whole and shortened, and the later
    names of links that engines name after these ids."""
    found: dict[str, str] = {}
    later = _named(now)
    for key, old in _named(was).items():
        new = later.get(key, old)
        if new != old:
            found |= {old: new} | {f"{made}{old[:12]}": f"{made}{new[:12]}" for made in ("", "br-", "dm-")}
    return found


def _named(host: Host) -> dict[tuple[str, str, str], str]:
    """Return the ids by engine, kind and name."""
    found: dict[tuple[str, str, str], str] = {}
    for engine in host.engines:
        found |= {(engine.kind, "container", each.name): each.id for each in engine.containers if each.id}
        found |= {(engine.kind, "network", each.name): each.id for each in engine.networks if each.id}
    return found


def _link_names(was: Host, now: Host) -> dict[str, str]:
    """Return the later names of the host's ends of veths.

    Two veths count as the same if their other ends are the same link of the same namespace.  If both other ends are
    unknown, two veths count as the same if one veth replaced the other veth on a bridge."""
    found: dict[str, str] = {}
    ends, later = _outer_ends(was), _outer_ends(now)
    for end, name in ends.items():
        new = later.get(end)
        if new is not None and new != name:
            found[name] = new
    known = {each.name for each in _host_links(now)}
    taken = {each.name for each in _host_links(was)} - found.keys()
    found = {old: new for old, new in found.items() if new not in taken}
    gone = [each for each in _host_links(was) if _is_loose(each) and each.name not in known and each.name not in found]
    fresh = [
        each
        for each in _host_links(now)
        if _is_loose(each) and each.name not in taken and each.name not in found.values()
    ]
    for old in gone:
        alike = [each for each in fresh if each.master == old.master and each.name not in later.values()]
        if len(alike) == 1 and sum(each.master == old.master for each in gone) == 1 and old.name not in ends.values():
            found[old.name] = alike[0].name
    return found


def _is_loose(link: Link) -> bool:
    return link.kind == "veth" and link.name.startswith("veth") and link.master is not None


def _host_links(host: Host) -> tuple[Link, ...]:
    return host.namespace(host.netns.name).links if host.netns.name in host else ()


def _outer_ends(host: Host) -> dict[tuple[str, str], str]:
    """Return the names of the host's ends of veths, keyed by the namespace and name of their other ends."""
    found: dict[tuple[str, str], str] = {}
    for link in _host_links(host):
        end = other_end(host, host.netns.name, link)
        if end is not None and end[0] != host.netns.name:
            found[end] = link.name
    return found


_RESOLVER = 0x7F00000B
"""127.0.0.11, the address at which Docker's own resolver listens in each container.  Its ports are chosen at random
when the container starts."""
_DRAWN_PORT = re.compile(r"(127\.0\.0\.11:|--sport )[0-9]+")
_RESOLVERS_CHAINS = ("DOCKER_OUTPUT", "DOCKER_POSTROUTING")


def _with_resolvers_of(was: Host, now: Host) -> Host:
    """Return the earlier host, in which Docker's resolvers have the ports that they have on the later host."""
    later = {each.name: each for each in now.namespaces}
    spaces = tuple(
        _with_resolver_of(each, later[each.name]) if each.name in later and each.name != now.netns.name else each
        for each in was.namespaces
    )
    return _replace(was, namespaces=spaces)


def _with_resolver_of(was: Namespace, now: Namespace) -> Namespace:
    other = tuple(each for each in now.sockets if each.address == _RESOLVER)
    if not other:
        return was
    tables = tuple(_with_chains_of(each, now.ruleset) for each in was.ruleset.tables)
    sockets = tuple(each for each in was.sockets if each.address != _RESOLVER)
    return _replace(was, ruleset=_replace(was.ruleset, tables=tables), sockets=(*sockets, *other))


def _with_chains_of(table: Table, later: Ruleset) -> Table:
    other = later.table(table.family, table.name, table.dialect)
    found: list[Chain] = []
    for chain in table.chains:
        new = other.chain(chain.name) if other is not None and chain.name in _RESOLVERS_CHAINS else None
        found.append(new if new is not None and _without_ports(new) == _without_ports(chain) else chain)
    return _replace(table, chains=tuple(found))


def _without_ports(chain: Chain) -> list[str]:
    return [_DRAWN_PORT.sub(r"\1", each.text) for each in chain.rules]


# --- other words -----------------------------------------------------------------------------------------------------


def _with_names(host: Host, names: Mapping[str, str]) -> Host:
    if not names:
        return host
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(each)}(?![\w.-])" for each in names))
    return _Renaming(names, pattern).host(host)


def _is_tuple(value: object) -> bool:
    return isinstance(value, tuple)


class _Renaming(NamedTuple):
    """Replaces names in a host's values: whole strings, and words in the texts of rules."""

    names: Mapping[str, str]
    pattern: re.Pattern[str]

    def host(self, host: Host) -> Host:
        namespaces = tuple(self._namespace(each) for each in host.namespaces)
        return _replace(
            host, namespaces=namespaces, engines=self.value(host.engines), firewalld=self.value(host.firewalld)
        )

    def _namespace(self, namespace: Namespace) -> Namespace:
        fields = ("name", "links", "addresses", "routes", "rules", "neighbours", "fdb", "sockets", "netnsids")
        values: dict[str, Any] = {field: self.value(getattr(namespace, field)) for field in fields}
        return _replace(
            namespace, **values, sysctls=self._sysctls(namespace.sysctls), ruleset=self.value(namespace.ruleset)
        )

    def _sysctls(self, sysctls: Sysctls) -> Sysctls:
        if not any(part in self.names for path in sysctls.values for part in path):
            return sysctls
        values = {tuple(self.names.get(part, part) for part in path): text for path, text in sysctls.values.items()}
        return _replace(sysctls, values=values)

    def value(self, value: Any) -> Any:
        """Return the value with the names replaced; the same object if it contains none of these names."""
        if isinstance(value, str):
            return self.names.get(value, value)
        if isinstance(value, Rule):
            return self._rule(value)
        if _is_tuple(value):  # an isinstance here leaves its members unknown to type checkers
            return self._members(value)
        if isinstance(value, msgspec.Struct):
            changed = {
                name: made
                for name in value.__struct_fields__
                if (made := self.value(old := getattr(value, name))) is not old
            }
            return _replace(value, **changed) if changed else value
        return value

    def _members(self, members: tuple[Any, ...]) -> tuple[Any, ...]:
        made = tuple(self.value(each) for each in members)
        return members if all(one is other for one, other in zip(members, made, strict=True)) else made

    def _rule(self, rule: Rule) -> Rule:
        if self.pattern.search(rule.text) is None:
            return rule
        text = self.pattern.sub(lambda match: self.names[match[0]], rule.text)
        return _replace(rule, text=text, body=self.value(rule.body))


# --- other numbers ---------------------------------------------------------------------------------------------------


def _numbered_as(was: Host, now: Host) -> Host:
    """Return the earlier host with the later interface indexes, namespace ids and random hardware addresses of its
    links."""
    later = {each.name: each for each in now.namespaces}
    pairs = {
        (space.name, link.name): (link, other)
        for space in was.namespaces
        for link in space.links
        if space.name in later and (other := later[space.name].link(link.name)) is not None
    }
    if all(_number(link) == _number(other) and link.mac == other.mac for link, other in pairs.values()):
        return was
    numbers: dict[tuple[str, int], int] = {}
    for space in was.namespaces:
        for link in space.links:
            pair = pairs.get((space.name, link.name))
            numbers[space.name, link.index] = pair[1].index if pair is not None else link.index + _NEW_NUMBERS
    macs = {
        link.mac: other.mac
        for link, other in pairs.values()
        if link.kind in _DRAWN and link.mac is not None and other.mac is not None and link.mac != other.mac
    }

    def numbered(space: Namespace, link: Link) -> Link:
        pair = pairs.get((space.name, link.name))
        peer = _peer_number(was, space.name, link, numbers)
        if pair is not None and pair[1].kind == link.kind and peer is None:
            peer = pair[1].peer_index
        netnsid = pair[1].peer_netnsid if pair is not None else link.peer_netnsid
        return _replace(
            link,
            index=numbers[space.name, link.index],
            peer_index=peer,
            peer_netnsid=link.peer_netnsid if (netnsid is None) != (link.peer_netnsid is None) else netnsid,
            mac=pair[1].mac if pair is not None and link.kind in _DRAWN else link.mac,
        )

    spaces = tuple(
        _with_macs(_replace(space, links=tuple(numbered(space, link) for link in space.links)), macs, later)
        for space in was.namespaces
    )
    return _replace(was, namespaces=spaces, engines=_engines_with_macs(was, macs))


def _number(link: Link) -> tuple[object, ...]:
    return link.index, link.peer_index, link.peer_netnsid


def _peer_number(host: Host, space: str, link: Link, numbers: Mapping[tuple[str, int], int]) -> int | None:
    """Return the new interface index of a veth's other end, or of the link below a stacked link; None if this link was
    not read."""
    if link.peer_index is None:
        return None
    end = other_end(host, space, link)
    if end is not None:
        other = host.namespace(end[0]).link(end[1])
        return numbers.get((end[0], other.index)) if other is not None else None
    if link.kind == "veth":
        return None
    return numbers.get((space if link.peer_netnsid is None else host.netns.name, link.peer_index))


def _with_macs(space: Namespace, macs: Mapping[int, int], later: Mapping[str, Namespace]) -> Namespace:
    ids = later[space.name].netnsids if space.name in later else space.netnsids
    neighbours = tuple(_replace(each, mac=_mac(each.mac, macs)) for each in space.neighbours)
    fdb = tuple(_replace(each, mac=macs.get(each.mac, each.mac)) for each in space.fdb)
    return _replace(space, neighbours=neighbours, fdb=fdb, netnsids=ids)


def _mac(mac: int | None, macs: Mapping[int, int]) -> int | None:
    return macs.get(mac, mac) if mac is not None else None


def _engines_with_macs(host: Host, macs: Mapping[int, int]) -> tuple[Engine, ...]:
    def container(each: Container) -> Container:
        ends = tuple(_replace(end, mac=_mac(end.mac, macs)) for end in each.endpoints)
        return _replace(each, endpoints=ends)

    return tuple(_replace(engine, containers=tuple(map(container, engine.containers))) for engine in host.engines)

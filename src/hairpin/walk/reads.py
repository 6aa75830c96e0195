"""The parts of a network that a walk reads.  A flow is walked again only if a change affects these parts.

A watched network is a copy that records each part that is read: a field of a namespace, a host or the network, or a
single sysctl.  A walk depends only on the parts that it reads, so in a network with equal parts it has the same result.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import msgspec

from hairpin.door import Door
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.host.sysctl import Sysctls
from hairpin.kept import kept
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.alike import exchanged_names, remember, taken_over
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import traces_of, walked

Part = tuple[str, str, str]
"""A part of a network: host, namespace (empty for a field of the host or the network) and field."""
_THERE = "there"
"""The field name of the part that stands for the existence of a namespace."""

R = TypeVar("R")


def walked_after(was: Network, then: Network, flow: Flow) -> Trace:
    """Return the flow's trace in ``then``.  If ``then`` has the same parts that the walk read in ``was``, return the
    trace in ``was``."""
    trace, parts = walked_with_parts(was, flow)
    return trace if parts_changed(was, then).isdisjoint(parts) else walked(then, flow)


def walked_before(network: Network, flow: Flow) -> Trace:
    """Return the flow's trace as ``walked`` does, and record the parts that the walk reads, for ``walked_after``."""
    return walked_with_parts(network, flow)[0]


def walked_with_parts(network: Network, flow: Flow) -> tuple[Trace, frozenset[Part]]:
    """Return the flow's trace as ``walked`` does, and the parts that the walk reads."""
    known = _read_by_flows(network)
    if flow not in known:
        alike = taken_over(network, flow)
        if alike is not None and alike.like.flow != flow:
            parts = _with_names(_parts_by_name(network, alike.like.flow), exchanged_names(network, alike))
            known[flow] = traces_of(network).setdefault(flow, alike), parts
        else:
            trace, parts = what_reads(network, lambda watched: walk_flow(watched, flow))
            known[flow] = traces_of(network).setdefault(flow, remember(network, trace)), parts
    return known[flow]


class _PartsByName(msgspec.Struct, frozen=True):
    """The parts that a walk reads, and for each name in them the parts that have it."""

    parts: frozenset[Part]
    having: Mapping[str, frozenset[Part]]


def _parts_by_name(network: Network, flow: Flow) -> _PartsByName:
    found = _named_by_flows(network)
    if flow not in found:
        parts = walked_with_parts(network, flow)[1]
        having: dict[str, set[Part]] = {}
        for part in parts:
            _, netns, field = part
            for name in (netns, *field.split("/")):
                having.setdefault(name, set()).add(part)
        found[flow] = _PartsByName(parts, {name: frozenset(each) for name, each in having.items()})
    return found[flow]


def _with_names(found: _PartsByName, names: Mapping[str, str]) -> frozenset[Part]:
    """Return the parts with each name replaced by its counterpart in ``names``.  The parts that one flow's walk reads
    thus become the parts that the alike flow's walk reads."""
    old = frozenset[Part]().union(*(found.having[name] for name in names if name in found.having))
    new = (
        (host, names.get(netns, netns), "/".join(names.get(each, each) for each in field.split("/")))
        for host, netns, field in old
    )
    return (found.parts - old).union(new)


@kept
def _read_by_flows(network: Network) -> dict[Flow, tuple[Trace, frozenset[Part]]]:  # noqa: ARG001
    return {}


@kept
def _named_by_flows(network: Network) -> dict[Flow, _PartsByName]:  # noqa: ARG001
    return {}


def what_reads(network: Network, work: Callable[[Network], R]) -> tuple[R, frozenset[Part]]:
    """Return the result of ``work`` on the network, and the parts that it read."""
    watched, notes = _watched_once(network)
    notes.read, notes.open = set(), []
    return work(watched), frozenset(notes.read)


def parts_changed(was: Network, then: Network) -> frozenset[Part]:
    """Return the parts in which the network ``then`` differs from the network ``was``."""
    known = _compared(then)
    if id(was) not in known:
        known[id(was)] = (was, frozenset(_changes(was, then)))
    return known[id(was)][1]


@kept
def _compared(network: Network) -> dict[int, tuple[Network, frozenset[Part]]]:  # noqa: ARG001
    """Return the cached comparisons by the other network's id.  Each comparison keeps a reference to the other network.
    Therefore the id stays valid."""
    return {}


# ---- what is different --------------------------------------------------------------------------------------------


def _changes(was: Network, then: Network) -> Iterator[Part]:
    if was.world is not then.world and was.world != then.world:
        yield "", "", "world"
    if [each.name for each in was.hosts] != [each.name for each in then.hosts]:
        yield "", "", "hosts"
    known = {each.name: each for each in then.hosts}
    for host in was.hosts:
        other = known.get(host.name)
        if other is None:
            yield from ((host.name, "", field) for field in Host.__struct_fields__)
        elif other is not host:
            yield from _of_host(host, other)


def _of_host(was: Host, then: Host) -> Iterator[Part]:
    yield from ((was.name, "", field) for field in _fields(was, then) if field != "namespaces")
    if [each.name for each in was.namespaces] != [each.name for each in then.namespaces]:
        yield was.name, "", "namespaces"
    one, other = ({each.name: each for each in host.namespaces} for host in (was, then))
    for name in one.keys() | other.keys():
        before, after = one.get(name), other.get(name)
        if before is None or after is None:
            yield from ((was.name, name, field) for field in (_THERE, *Namespace.__struct_fields__))
        elif before is not after:
            yield from ((was.name, name, field) for field in _fields(before, after))
            yield from ((was.name, name, _of_path(path)) for path in _differing(before.sysctls, after.sysctls))


def _fields(was: Host | Namespace, then: Host | Namespace) -> Iterator[str]:
    for field in type(was).__struct_fields__:
        before, after = getattr(was, field), getattr(then, field)
        if before is not after and before != after:
            yield field


def _differing(was: Sysctls, then: Sysctls) -> Iterator[tuple[str, ...]]:
    if was is not then:
        one, other = was.values, then.values
        yield from (path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def _of_path(path: tuple[str, ...]) -> str:
    return "/".join(path)


# ---- what is read -------------------------------------------------------------------------------------------------


class _Notes:
    """The recorded parts.  ``open`` has, for each cached result that is being computed, its name and the parts read so
    far. A walk that uses the cached result later counts as having read these parts, too."""

    def __init__(self) -> None:
        self.read: set[Part] = set()
        self.open: list[tuple[str, set[Part]]] = []

    def note(self, part: Part) -> None:
        self.read.add(part)
        for _, parts in self.open:
            parts.add(part)

    def note_all(self, parts: set[Part]) -> None:
        self.read |= parts
        for _, each in self.open:
            each.update(parts)


class _Held(dict[str, object]):
    """The ``hairpin.kept`` cache of the watched value at ``place``.  Each use of a cached result records the parts that
    its computation read."""

    def __init__(self, notes: _Notes, place: tuple[str, str]) -> None:
        super().__init__()
        self.notes, self.place = notes, place
        self.parts: dict[str, set[Part]] = {}
        self.spaces: dict[str, _WatchedNamespace] = {}
        """A watched host's namespaces by name."""
        self.plain = Network(())
        """The original of a watched network."""

    def __getitem__(self, name: str) -> object:
        if name in self.parts:
            self.notes.note_all(self.parts[name])
            return super().__getitem__(name)
        self.notes.open.append((name, set()))
        raise KeyError(name)

    def setdefault(self, name: str, default: object = None) -> object:
        """Store a new result with the parts that its computation read."""
        opened, parts = self.notes.open.pop()
        assert opened == name
        self.parts[name] = parts
        return super().setdefault(name, default)


class _Forgetful(_Held):
    """A watched network caches nothing, because the cache would outlive the walk."""

    def __getitem__(self, name: str) -> object:
        raise KeyError(name)

    def setdefault(self, name: str, default: object = None) -> object:  # noqa: ARG002
        """Return the new result without storing it."""
        return default


class _WatchedNamespace(Namespace, frozen=True, dict=True):
    """A namespace that records which of its fields are read."""

    def sysctl(self, *path: str) -> int | None:
        """Return the sysctl as Namespace does.  Only this sysctl is recorded as read, not all sysctls."""
        if self.door.observer is not None:
            return super().sysctl(*path)
        held = _held(self)
        held.notes.note((*held.place, _of_path(path)))
        return _SYSCTLS(self).number(*path)


class _WatchedHost(Host, frozen=True, dict=True):
    """A host that records which of its fields are read."""

    def __contains__(self, name: str) -> bool:
        """Return whether the host has the namespace.  Only the existence of this namespace is recorded as read."""
        held = _held(self)
        held.notes.note((held.place[0], name, _THERE))
        return name in held.spaces

    def namespace(self, name: str) -> Namespace:
        """Return the namespace as Host does.  Only the existence of this namespace is recorded as read."""
        if name not in self:
            raise KeyError(name)
        return _held(self).spaces[name]


class _WatchedNetwork(Network, frozen=True, dict=True):
    """A network that records which of its fields, and of its hosts' fields, are read."""

    def __contains__(self, netns: Netns) -> bool:
        """Return whether the namespace was read.  Only the existence of this namespace is recorded as read."""
        return any(each.name == netns.host and netns.name in each for each in self.hosts)

    def namespace(self, netns: Netns) -> Namespace:
        """Return the watched namespace; raise KeyError if it was not read."""
        return self.host(netns.host).namespace(netns.name)

    def through(self, door: Door) -> Network:
        """Return the same network with this door.  The returned network is watched, too."""
        return _watched(_held(self).plain.through(door), _held(self).notes)


def _held(watched: Namespace | Host | Network) -> _Held:
    return cast("_Held", vars(watched))


def _with_notes(base: type[msgspec.Struct], watched: type[msgspec.Struct]) -> None:
    """Make each field of the watched type record its reads."""
    for field in base.__struct_fields__:
        if field != "name":
            setattr(watched, field, property(_noting(base.__dict__[field].__get__, field)))


def _noting(
    value_of: Callable[[msgspec.Struct], object], field: str
) -> Callable[[_WatchedNamespace | _WatchedHost | _WatchedNetwork], object]:
    def read(watched: _WatchedNamespace | _WatchedHost | _WatchedNetwork) -> object:
        held = _held(watched)
        held.notes.note((*held.place, field))
        return value_of(watched)

    return read


_SYSCTLS: Callable[[Namespace], Sysctls] = Namespace.__dict__["sysctls"].__get__
_with_notes(Namespace, _WatchedNamespace)
_with_notes(Host, _WatchedHost)
_with_notes(Network, _WatchedNetwork)


W = TypeVar("W", _WatchedNamespace, _WatchedHost, _WatchedNetwork)


def _holding(watched: W, held: _Held) -> W:
    """Return the watched value, with ``held`` as its cache for ``hairpin.kept``."""
    type(watched).__mro__[1].__dict__["__dict__"].__set__(watched, held)
    return watched


def _watched(network: Network, notes: _Notes) -> Network:
    hosts = tuple(_watched_host(each, notes) for each in network.hosts)
    held = _Forgetful(notes, ("", ""))
    held.plain = network
    return _holding(_WatchedNetwork(hosts, network.world), held)


@kept
def _watched_once(network: Network) -> tuple[Network, _Notes]:
    notes = _Notes()
    return _watched(network, notes), notes


def _watched_host(host: Host, notes: _Notes) -> Host:
    spaces = {
        each.name: _holding(_WatchedNamespace(*_values(each)), _Held(notes, (host.name, each.name)))
        for each in host.namespaces
    }
    held = _Held(notes, (host.name, ""))
    held.spaces = spaces
    return _holding(_WatchedHost(*_values(msgspec.structs.replace(host, namespaces=tuple(spaces.values())))), held)


def _values(value: msgspec.Struct) -> tuple[Any, ...]:
    return tuple(getattr(value, field) for field in value.__struct_fields__)

"""The user's statements about the world outside the hosts: ``--public``, and the text of ``--outside``'s file.

docs/outside.md describes the file: TOML, or JSON with the same names.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from hairpin.errors import MalformedError, UsageError, mark_in, reason_of
from hairpin.host.host import Host, Namespace
from hairpin.message import message
from hairpin.network.network import Network, is_held, is_uplink, owns_address
from hairpin.network.prefix import Version, is_loopback, is_multicast, is_private, parse_address, parse_prefix
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.world import Peer, PublicAddress, ReturnRoute, UpstreamRule, World
from hairpin.question.asked import Target
from hairpin.question.hosts import host_named, require_known
from hairpin.question.standpoints import primary_address
from hairpin.question.target import split_host

if TYPE_CHECKING:
    from hairpin.question.tables import Entries


class _Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base class of the file's tables.  A misspelt key is an error."""


class _Public(_Stated, frozen=True):
    address: str
    private: str
    hairpins: bool = False
    host: str = ""


class _Peer(_Stated, frozen=True):
    network: str
    accepts: tuple[str, ...] = ()
    host: str = ""
    link: str = ""


class _Route(_Stated, frozen=True):
    network: str
    host: str = ""


class _Upstream(_Stated, frozen=True):
    action: Literal["allow", "deny"]
    ports: int | str
    protocol: Literal["tcp", "udp"] = "tcp"
    host: str = ""


class _File(_Stated, frozen=True):
    public: tuple[_Public, ...] = ()
    peer: tuple[_Peer, ...] = ()
    return_route: tuple[_Route, ...] = ()
    upstream: tuple[_Upstream, ...] = ()


TABLES: Mapping[str, type[msgspec.Struct]] = {
    "public": _Public, "peer": _Peer, "return_route": _Route, "upstream": _Upstream,
}  # fmt: skip
"""The tables of the file, with the types of their entries."""


class Public(msgspec.Struct, frozen=True):
    """The statement of ``--public PUBLIC[=PRIVATE][@HOST]``.  ``text``: the statement as the user typed it.
    ``private``: None if the host's own address is meant."""

    text: str
    version: Version
    public: int
    private: int | None = None
    host: str = ""


def parse_public(text: str) -> Public:
    """Return the mapping that ``--public`` states; raise UsageError if the text states no mapping."""
    what, host = split_host(text)
    public, equals, private = what.partition("=")
    read = public
    try:
        version, value = parse_address(public)
        if equals:
            read = private
            both = _public(public, private)
            return Public(text, both.version, both.public, both.private, host)
    except MalformedError as error:
        raise UsageError(
            message(
                "--public {text}: {reason}; write PUBLIC or PUBLIC=PRIVATE, both addresses",
                text=text,
                reason=reason_of(error),
            ),
            mark=mark_in(text, read),
        ) from error
    return Public(text, version, value, host=host)


def parse_world(text: str, source: str) -> World:
    """Return the world that the text of ``--outside`` states.  ``source`` is the name of the text's file.  Raises
    UsageError, which names the file and the error in it."""
    from hairpin.question.tables import tables_in  # noqa: PLC0415 - few questions come with a file

    try:
        return world_in(tables_in(text, TABLES, is_json=source.endswith(".json")))
    except MalformedError as error:
        raise UsageError(
            message(
                "--outside {path}: {reason}; its form is described in docs/outside.md",
                path=source,
                reason=reason_of(error),
            ),
            mark=error.mark,
        ) from error


def world_in(tables: "Entries") -> World:
    """Return the world that the tables state; raise MalformedError if a value has a wrong form."""
    stated = msgspec.convert({name: entries for name, entries in tables.items() if name in TABLES}, _File)
    return World(
        publics=tuple(
            _public(each.address, each.private, hairpins=each.hairpins, host=each.host) for each in stated.public
        ),
        peers=tuple(_peer(each) for each in stated.peer),
        return_routes=tuple(ReturnRoute(*_prefix(each.network), each.host) for each in stated.return_route),
        upstream=tuple(
            UpstreamRule(each.action, each.protocol, _ports(each.ports), each.host) for each in stated.upstream
        ),
    )


def _prefix(text: str) -> tuple[Version, int, int]:
    try:
        return parse_prefix(text)
    except ValueError as error:
        raise MalformedError(message("{text!r} is not a network; write ADDRESS/LENGTH", text=text)) from error


def _public(public: str, private: str, *, hairpins: bool = False, host: str = "") -> PublicAddress:
    version, value = parse_address(public)
    other, inner = parse_address(private)
    if version != other:
        raise MalformedError(
            message("{public} and {private} are of different address families", public=public, private=private)
        )
    return PublicAddress(version, value, inner, hairpins=hairpins, host=host)


def _peer(stated: _Peer) -> Peer:
    version, network, length = _prefix(stated.network)
    accepts = tuple(_prefix(each) for each in stated.accepts)
    if any(each[0] != version for each in accepts):
        raise MalformedError(
            message("peer {network} accepts networks of another address family", network=stated.network)
        )
    return Peer(version, network, length, tuple((each[1], each[2]) for each in accepts), stated.host, stated.link)


def _ports(stated: int | str) -> tuple[int, int]:
    first, _, last = str(stated).partition("-")
    if first.isdecimal() and (last or first).isdecimal():
        ports = (int(first), int(last or first))
        if 0 < ports[0] <= ports[1] <= 65535:
            return ports
    raise MalformedError(
        message("{stated!r} is neither a port nor a range of ports; write 8151 or 8000-9000", stated=stated)
    )


def with_world(network: Network, world: World, publics: tuple[Public, ...], targets: tuple[Target, ...]) -> Network:
    """Return the network in the world that the user and the files of cloud-init on the hosts state.

    If the target is a public address that no host has, the world gets a ``supposed`` mapping of this address to the
    asked host.  Raises UsageError if a stated host is unknown, or has no address to which a public address can be
    mapped.
    """
    for labels in (world.publics, world.peers, world.return_routes, world.upstream):
        for each in labels:
            require_known(network, each.host)
    stated = tuple(_stated_public(network, each) for each in publics)
    # The user's statement comes first, because World.public() takes the first mapping of an address.
    publics_of_all = (*stated, *world.publics, *(each for host in network.hosts for each in _told(network, host)))
    known = msgspec.structs.replace(world, publics=publics_of_all)
    supposed = (found for target in targets if (found := _supposed(network, known, target)) is not None)
    foreign = (at for target in targets if (at := _foreign(network, known, target)) is not None)
    complete = msgspec.structs.replace(
        known, supposed=tuple(dict.fromkeys(supposed)), foreign=tuple(dict.fromkeys(foreign))
    )
    # The walks in a network are cached with it, so an equal network is not made again.
    return network if network.world == complete else msgspec.structs.replace(network, world=complete)


def _told(network: Network, host: Host) -> Iterator[PublicAddress]:
    """Yield the mappings that cloud-init's file on the host states, for public addresses that the host itself does not
    have."""
    if host.netns not in network:
        return
    namespace = network.namespace(host.netns)
    for each in host.cloud_addresses:
        inner = each.private if each.private is not None else primary_address(network, host.netns, each.version)
        if inner is None or owns_address(namespace, each.version, each.public):
            continue
        if owns_address(namespace, each.version, inner):
            yield PublicAddress(each.version, each.public, inner, host=host.name, evidence=each.evidence)


def _stated_public(network: Network, stated: Public) -> PublicAddress:
    require_known(network, stated.host)
    own = stated.private
    if own is None:
        own = primary_address(network, host_named(network, stated.host).netns, stated.version)
    if own is None:
        raise UsageError(
            message(
                "--public {text}: hairpin finds no private address of this host for this public address; write "
                "{text}=PRIVATE",
                text=stated.text,
            )
        )
    return PublicAddress(stated.version, stated.public, own, host=stated.host)


def _supposed(network: Network, world: World, target: Target) -> PublicAddress | None:
    """Return the mapping that the user probably means, or None.

    There is such a mapping if the target is a public address that no host has, and the asked host's route to this
    address leads to a gateway."""
    version, address = target.version, target.address
    if version is None or address is None or target.port is None or world.public(version, address) is not None:
        return None
    this = next((each for each in network.hosts if target.host in ("", each.name)), None)
    if this is None or this.netns not in network:
        return None
    host = network.namespace(this.netns)
    if _is_at_another(network, this, version, address):
        return None
    if owns_address(host, version, address) or is_loopback(address, version):
        return None
    if is_private(address, version) or is_multicast(address, version):
        return None
    found = lookup(host, Query(version, address))
    by_gateway = all(hop.gateway is not None for hop in found.next_hops)
    if found.type != "unicast" or not by_gateway or _is_on_link(host, version, address):
        return None
    own = primary_address(network, this.netns, version)
    return PublicAddress(version, address, own, host=target.host) if own is not None else None


def _foreign(network: Network, world: World, target: Target) -> tuple[Version, int] | None:
    """Return the target's address if no host has it, no mapping of it is stated, and the asked host's route to the
    address leads to the outside; otherwise None."""
    version, address = target.version, target.address
    this = next((each for each in network.hosts if target.host in ("", each.name)), None)
    if version is None or address is None or this is None or this.netns not in network:
        return None
    if world.public(version, address) is not None or is_loopback(address, version) or is_multicast(address, version):
        return None
    if is_held(network, version, address):
        return None
    if this.guest_networks:
        from hairpin.network.unmade import unmade_network  # noqa: PLC0415 - few hosts have such networks

        if unmade_network(network, this.netns, version, address) is not None:
            return None
    if target.port is not None and this.publishes_on(version, address, target.port, target.protocol):
        return None  # a port that is published on the address shows that the address belongs to this host
    host = network.namespace(this.netns)
    found = lookup(host, Query(version, address))
    links = [host.link(hop.link) for hop in found.next_hops if hop.link is not None]
    out = bool(links) and all(each is not None and is_uplink(network, this.netns, each) for each in links)
    return (version, address) if found.type == "unicast" and out else None


def _is_on_link(host: Namespace, version: Version, address: int) -> bool:
    """Return whether the address is in a network of the host's links, even if a more specific route to it uses a
    gateway."""
    return any(
        route.version == version
        and route.type == "unicast"
        and route.prefix_length
        and any(hop.gateway is None for hop in route.next_hops)
        and route.holds(address, version)
        for route in host.routes
    )


def _is_at_another(network: Network, this: Host, version: Version, address: int) -> bool:
    """Return whether another host has the address on one of its links."""
    others = (each for each in network.hosts if each is not this and each.netns in network)
    return any(owns_address(network.namespace(each.netns), version, address) for each in others)

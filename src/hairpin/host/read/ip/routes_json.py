"""Routes, next hops and neighbours from ``ip -j -d route show table all``, ``ip -j -d nexthop``, ``ip -j -d neigh``.

Source: iproute2 ip/iproute.c print_route(), ip/ipnexthop.c, ip/ipneigh.c.
"""

import json
from typing import Any, Literal

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.read.ip.address_text import mac, network
from hairpin.host.read.ip.route_tables import RouteTables, tos
from hairpin.host.read.json_text import decode, entered
from hairpin.host.route import Neighbour, NextHop, Route, RouteType
from hairpin.netfilter.address import Version, address_of, parse_address

TABLE_UNSPEC = 0
REFUSING = ("blackhole", "unreachable", "prohibit", "throw")


class SavedNextHop(msgspec.Struct, frozen=True):
    """A next hop object (``ip nexthop``): one next hop, or a group of other objects' ids with weights."""

    id: int
    hop: NextHop | None = None
    group: tuple[tuple[int, int], ...] = ()


class _Via(msgspec.Struct):
    family: str = ""
    host: str = ""


class _Encap(msgspec.Struct):
    encap_type: str = ""


class _Hop(msgspec.Struct):
    gateway: str | None = None
    via: _Via | None = None
    dev: str | None = None
    weight: int = 1
    flags: tuple[str, ...] = ()
    encap: str | _Encap = ""


class _Metric(msgspec.Struct):
    mtu: int | str | None = None


class _Route(_Hop):
    type: RouteType = "unicast"
    dst: str = "default"
    source: str | None = msgspec.field(default=None, name="from")
    table: str | int = "main"
    protocol: str = ""
    scope: str = "global"
    prefsrc: str | None = None
    metric: int = 0
    tos: str | int = 0
    metrics: tuple[_Metric, ...] = ()
    nexthops: tuple[_Hop, ...] = ()
    nhid: int | None = None


class _Member(msgspec.Struct):
    id: int
    weight: int = 1


class _SavedNextHop(_Hop, kw_only=True):
    id: int
    group: tuple[_Member, ...] = ()


class _Neighbour(msgspec.Struct):
    dev: str
    dst: str | None = None
    lladdr: str = ""
    state: tuple[str, ...] = ()
    proxy: Any = msgspec.UNSET
    router: Any = msgspec.UNSET


_FLAT_ENCAP = '"encap":"'
"""The text that shows that iproute2 up to 6.1 printed the output.  This iproute2 prints the fields of an encapsulation
among the route's own fields, and some fields of both have the same names."""
_ENCAP_FIELDS = {"ip": frozenset({"dst", "tos"}), "ip6": frozenset({"dst"}), "mpls": frozenset({"dst"})}
_ROUTES = msgspec.json.Decoder(tuple[_Route, ...])
_SAVED = msgspec.json.Decoder(tuple[_SavedNextHop, ...])
_NEIGHBOURS = msgspec.json.Decoder(tuple[_Neighbour, ...])


def routes(
    reading: Reading, *, version: Version, tables: RouteTables, saved: tuple[SavedNextHop, ...] = ()
) -> tuple[Route, ...]:
    """Return the routes in the order of the reading; raise ParseError."""
    text = reading.text
    if _FLAT_ENCAP in text:
        text = _without_flat_encap(text, source=reading.origin)
    found = decode(_ROUTES, text, source=reading.origin) if text.strip() else ()
    try:
        return tuple(
            _route(route, version, number, saved, reading.id, entry)
            for entry, route in entered(found, reading.id)
            if (number := tables.number(route.table)) != TABLE_UNSPEC
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def _without_flat_encap(text: str, *, source: str) -> str:
    """Return the document without the fields of encapsulations that have the same name as a field of the route
    itself."""

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        at = names.index("encap") if "encap" in names else len(names)
        foreign = _ENCAP_FIELDS.get(pairs[at][1], frozenset[str]()) if at < len(names) else frozenset[str]()
        found = dict(pairs[:at])
        for name, value in pairs[at:]:
            if name in foreign:
                foreign -= {name}
            else:
                found[name] = value
        return found

    try:
        return json.dumps(json.loads(text, object_pairs_hook=kept))
    except ValueError as error:
        raise ParseError(reason_of(error), source=source) from None


def saved_next_hops(reading: Reading) -> tuple[SavedNextHop, ...]:
    """Return the next hop objects; raise ParseError."""
    found = decode(_SAVED, reading.text, source=reading.origin) if reading.text.strip() else ()
    try:
        return tuple(
            SavedNextHop(
                item.id,
                _hop(item) if item.dev is not None else None,
                tuple((member.id, member.weight) for member in item.group),
            )
            for item in found
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def neighbours(reading: Reading) -> tuple[Neighbour, ...]:
    """Return the neighbour entries; raise ParseError."""
    found = decode(_NEIGHBOURS, reading.text, source=reading.origin) if reading.text.strip() else ()
    try:
        return tuple(
            _neighbour(item.dst, item, reading.id, entry) for entry, item in entered(found, reading.id) if item.dst
        )
    except ValueError as error:
        raise ParseError(reason_of(error), source=reading.origin) from None


def hops_of(nhid: int, saved: tuple[SavedNextHop, ...]) -> tuple[NextHop, ...]:
    """Return the next hops of a next hop object.  A group is replaced by its members; as in the kernel, a group
    contains no other group."""
    for item in saved:
        if item.id == nhid:
            ways = (item.hop,) if item.hop is not None else ()
            return ways + tuple(
                msgspec.structs.replace(member.hop, weight=weight)
                for member_id, weight in item.group
                for member in saved
                if member.id == member_id and member.hop is not None
            )
    return ()


def _route(
    route: _Route, version: Version, table: int, saved: tuple[SavedNextHop, ...], evidence: str, entry: int
) -> Route:
    destination, prefix_length = network(route.dst, version)
    if route.nexthops:
        next_hops = tuple(_hop(hop) for hop in route.nexthops)
    elif route.nhid is not None and route.dev is None:
        next_hops = hops_of(route.nhid, saved)
    elif route.dev is not None:
        next_hops = (_hop(route),)
    else:
        next_hops = ()
    if version == 4 and route.type in REFUSING:
        next_hops = ()  # the kernel lists lo for a blackhole by a next hop object, and takes no link for the route
    mtu = next((metric.mtu for metric in route.metrics if metric.mtu is not None), None)
    return Route(
        version=version,
        destination=destination,
        prefix_length=prefix_length,
        table=table,
        type=route.type,
        next_hops=next_hops,
        metric=route.metric,
        prefsrc=address_of(route.prefsrc, version) if route.prefsrc is not None else None,
        scope=route.scope,
        protocol=route.protocol,
        tos=tos(route.tos),
        source=network(route.source, version) if route.source is not None else None,
        mtu_bytes=int(mtu) if mtu is not None else None,
        nexthop_id=route.nhid or None,
        evidence=evidence,
        entry=entry,
    )


def _hop(hop: _Hop) -> NextHop:
    gateway: tuple[Literal[4, 6], int] | tuple[None, None] = (None, None)
    if hop.via is not None:
        gateway = parse_address(hop.via.host)
    elif hop.gateway is not None:
        gateway = parse_address(hop.gateway)
    return NextHop(
        link=hop.dev,
        gateway=gateway[1],
        gateway_version=gateway[0],
        weight=hop.weight,
        dead="dead" in hop.flags,
        linkdown="linkdown" in hop.flags,
        onlink="onlink" in hop.flags,
        encap=hop.encap if isinstance(hop.encap, str) else hop.encap.encap_type,
    )


def _neighbour(dst: str, item: _Neighbour, evidence: str, entry: int) -> Neighbour:
    version, value = parse_address(dst)
    return Neighbour(
        link=item.dev,
        version=version,
        value=value,
        mac=mac(item.lladdr),
        state=item.state[0].upper() if item.state else "NONE",
        proxy=item.proxy is not msgspec.UNSET,
        evidence=evidence,
        entry=entry,
        router=item.router is not msgspec.UNSET,
    )

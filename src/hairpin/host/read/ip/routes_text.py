"""Routes, next hops and neighbours from the text output of iproute2 and busybox, for hosts without JSON output.

    route := [TYPE] DESTINATION word* (NL TAB "nexthop" word*)*
    neigh := ADDRESS "dev" LINK word* STATE

Busybox omits attributes that it does not know, such as the next hops of multipath routes.
"""

from typing import Literal, get_args

import msgspec

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.read.ip.address_text import mac, network
from hairpin.host.read.ip.links_text import value_after
from hairpin.host.read.ip.route_tables import RouteTables, tos
from hairpin.host.read.ip.routes_json import REFUSING, TABLE_UNSPEC, SavedNextHop, hops_of
from hairpin.host.route import Neighbour, NextHop, Redirect, Route, RouteType
from hairpin.netfilter.address import Version, address_of, parse_address

_TYPES: tuple[RouteType, ...] = get_args(RouteType)
_ENCAP_FIELDS = ("id", "src", "dst", "ttl", "tos", "hoplimit", "tc")
"""The fields of ``encap ip`` and ``encap ip6``, in the order of iproute2 ip/iproute_lwtunnel.c print_encap_ip()."""
_STATES = ("REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", "NOARP", "INCOMPLETE", "FAILED", "NONE")


def routes(
    reading: Reading, *, version: Version, tables: RouteTables, saved: tuple[SavedNextHop, ...] = ()
) -> tuple[Route, ...]:
    """Return the routes in the order of the reading; raise ParseError with the line."""
    found: list[Route] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        if not words or words[0] in ("nh_info", "cache"):
            continue
        try:
            if words[0] == "nexthop":
                found[-1] = msgspec.structs.replace(found[-1], next_hops=(*found[-1].next_hops, _hop(words)))
            else:
                found.append(_route(words, version, tables, saved, reading.id, line_number))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(route for route in found if route.table != TABLE_UNSPEC)


def redirects(reading: Reading) -> tuple[Redirect, ...]:
    """Return the redirects of ``ip route show cache``, which also lists path MTUs; raise ParseError with the line."""
    found: list[Redirect] = []
    lines = reading.text.split("\n")
    for line_number, (line, more) in enumerate(zip(lines, (*lines[1:], ""), strict=True), 1):
        words = line.split()
        gateway, link = value_after(words, "via"), value_after(words, "dev")
        if line[:1].isspace() or gateway is None or link is None or "<redirected>" not in more:
            continue
        try:
            version, value = parse_address(words[0])
            found.append(Redirect(version, value, parse_address(gateway)[1], link))
        except ValueError as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def saved_next_hops(reading: Reading) -> tuple[SavedNextHop, ...]:
    """Return the next hop objects of ``ip -d nexthop``; raise ParseError with the line."""
    found: list[SavedNextHop] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        if not words:
            continue
        try:
            group = value_after(words, "group")
            members = [member.partition(",") for member in group.split("/")] if group else []
            found.append(
                SavedNextHop(
                    int(words[words.index("id") + 1]),
                    _hop(words) if "dev" in words else None,
                    tuple((int(identity), int(weight or 1)) for identity, _, weight in members),
                )
            )
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def neighbours(reading: Reading) -> tuple[Neighbour, ...]:
    """Return the neighbour entries; raise ParseError with the line."""
    found: list[Neighbour] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        link = value_after(words, "dev")
        if not words or link is None:
            continue
        try:
            version, value = parse_address(words[0])
            hardware = mac(value_after(words, "lladdr") or "")
        except ValueError as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
        state = next((word for word in reversed(words) if word in _STATES), "NONE")
        entry = line_number if reading.id else 0
        found.append(
            Neighbour(link, version, value, hardware, state, "proxy" in words, reading.id, entry, "router" in words)
        )
    return tuple(found)


def _route(
    words: list[str], version: Version, tables: RouteTables, saved: tuple[SavedNextHop, ...], evidence: str, line: int
) -> Route:
    kind: RouteType = "unicast"
    for name in _TYPES:
        if words[0] == name:
            kind, words = name, words[1:]
            break
    destination, prefix_length = network(words[0], version)
    words = _without_encap(words)
    nhid = value_after(words, "nhid")
    mtu_words = [word for word in words if word != "lock"]
    mtu, prefsrc, source = value_after(mtu_words, "mtu"), value_after(words, "src"), value_after(words, "from")
    if "dev" in words:
        next_hops: tuple[NextHop, ...] = (_hop(words),)
    else:
        next_hops = hops_of(int(nhid), saved) if nhid is not None else ()
    return Route(
        version=version,
        destination=destination,
        prefix_length=prefix_length,
        table=tables.number(value_after(words, "table") or "main"),
        type=kind,
        next_hops=() if version == 4 and kind in REFUSING else next_hops,
        metric=int(value_after(words, "metric") or 0),
        prefsrc=address_of(prefsrc, version) if prefsrc is not None else None,
        scope=value_after(words, "scope") or "global",
        protocol=value_after(words, "proto") or "",
        tos=tos(value_after(words, "tos") or 0),
        source=network(source, version) if source is not None else None,
        mtu_bytes=int(mtu) if mtu is not None else None,
        nexthop_id=int(nhid) if nhid is not None else None,
        evidence=evidence,
        entry=line if evidence else 0,
    )


def _without_encap(words: list[str]) -> list[str]:
    """Return the words of a route without the fields of its encapsulation.  Fields of a route and of its encapsulation
    may have the same names."""
    if "encap" not in words:
        return words
    start = words.index("encap")
    end = start + 2
    while words[end : end + 1] and words[end] in _ENCAP_FIELDS:
        end += 2
    return [*words[: start + 2], *words[end:]]


def _hop(words: list[str]) -> NextHop:
    via = value_after(words, "via")
    if via in ("inet", "inet6"):
        via = value_after(words, via)
    gateway: tuple[Literal[4, 6], int] | tuple[None, None] = (None, None) if via is None else parse_address(via)
    return NextHop(
        link=value_after(words, "dev"),
        gateway=gateway[1],
        gateway_version=gateway[0],
        weight=int(value_after(words, "weight") or 1),
        dead="dead" in words,
        linkdown="linkdown" in words,
        onlink="onlink" in words,
        encap=value_after(words, "encap") or "",
    )

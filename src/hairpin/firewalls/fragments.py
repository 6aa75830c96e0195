"""The words of libnftables' JSON in which firewalld writes its rules, as ``nft -j list`` prints them.

Source: libnftables-json(5); firewall/core/nftables.py
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from hairpin.errors import ChangeError
from hairpin.firewalls.permanent import PermanentIpset, RichPart
from hairpin.message import message
from hairpin.netfilter.nft.syntax import Json, Object

Side = Literal["saddr", "daddr"]
LinkSide = Literal["iifname", "oifname"]
IpVersion = Literal["ipv4", "ipv6"]

ACCEPT: Object = {"accept": None}
DROP: Object = {"drop": None}
REJECT: Object = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def comparison(left: Json, right: Json, op: str = "==") -> Object:
    """Return the statement that compares the left side with the right side."""
    return {"match": {"op": op, "left": left, "right": right}}


def jump(target: str, how: Literal["jump", "goto"] = "jump") -> Object:
    """Return the jump to a chain."""
    return {how: {"target": target}}


def meta(key: str, value: Json, op: str = "==") -> Object:
    """Return the comparison of a metadatum of the packet, such as its interface."""
    return comparison({"meta": {"key": key}}, value, op)


def payload(protocol: str, field: str, value: Json, op: str = "==") -> Object:
    """Return the comparison of a field of a packet header."""
    return comparison({"payload": {"protocol": protocol, "field": field}}, value, op)


def log(prefix: str) -> Object:
    """Return the statement that logs the packet."""
    return {"log": {"prefix": prefix}}


def in_state(*states: str) -> Object:
    """Return the comparison of the connection's state."""
    left: Json = {"ct": {"key": "state"}}
    return comparison(left, states[0], "in") if len(states) == 1 else comparison(left, {"set": list(states)})


def port(text: str) -> Json:
    """Return the port or the port range as a JSON expression."""
    first, _, last = text.partition("-")
    return {"range": [int(first), int(last)]} if last and last != first else int(first)


def link(side: LinkSide, names: tuple[str, ...]) -> Iterator[Object]:
    """Yield the comparisons of the packet's interface with the names, one for each rule.  A ``+`` at the end of a name
    is a wildcard."""
    yield from (meta(side, f"{each[:-1]}*") for each in names if each.endswith("+"))
    plain: list[Json] = [each for each in names if not each.endswith("+")]
    if plain:
        yield meta(side, plain[0] if len(plain) == 1 else {"set": plain})


def address(side: Side, text: str, ipsets: Mapping[str, PermanentIpset], *, inverted: bool = False) -> Object:
    """Return the comparison of the packet's source or destination with an address, a network, a hardware address or an
    ``ipset:NAME``."""
    op = "!=" if inverted else "=="
    if text.startswith("ipset:"):
        return _in_set(side, text.removeprefix("ipset:"), ipsets, op)
    if _MAC.fullmatch(text):
        return payload("ether", side, text.lower(), op)
    version, value = _plain_address(text)
    return payload("ip" if version == "ipv4" else "ip6", side, value, op)


def version_of(text: str, ipsets: Mapping[str, PermanentIpset]) -> IpVersion | None:
    """Return the family of the address; None for a hardware address or an unknown set."""
    if text.startswith("ipset:"):
        found = ipsets.get(text.removeprefix("ipset:"))
        if found is None or found.type == "hash:mac":
            return None
        return "ipv6" if found.inet6 else "ipv4"
    return None if _MAC.fullmatch(text) else _plain_address(text)[0]


def _plain_address(text: str) -> tuple[IpVersion, Json]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ChangeError(message("firewalld does not accept the address {address}", address=text)) from None
    version: IpVersion = "ipv4" if network.version == 4 else "ipv6"
    if network.prefixlen == network.max_prefixlen:
        return version, str(network.network_address)
    return version, {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}


def _in_set(side: Side, name: str, ipsets: Mapping[str, PermanentIpset], op: str) -> Object:
    found = ipsets.get(name)
    if found is None:
        raise ChangeError(message("firewalld knows no ipset {name}", name=name))
    family = "ether" if found.type == "hash:mac" else "ip6" if found.inet6 else "ip"
    fields: list[Json] = []
    for each in found.type.removeprefix("hash:").split(","):
        match each:
            case "port":
                fields.append({"meta": {"key": "l4proto"}})
                fields.append({"payload": {"protocol": "th", "field": "sport" if side == "saddr" else "dport"}})
            case "iface":
                fields.append({"meta": {"key": "iifname" if side == "daddr" else "oifname"}})
            case "mark":
                fields.append({"meta": {"key": "mark"}})
            case _:
                fields.append({"payload": {"protocol": family, "field": side}})
    return comparison(fields[0] if len(fields) == 1 else {"concat": fields}, f"@{name}", op)


def of_family(family: str) -> list[Object]:
    """Return the comparison of the packet's family; empty for a rule that is for both families."""
    return [meta("nfproto", family)] if family else []


def as_printed(statements: list[Object]) -> list[Object]:
    """Return the rule as nft lists it.  nft omits the comparison of the family before a match or a reject that implies
    the family.

    Source: nftables src/payload.c payload_may_dependency_kill(), src/netlink_delinearize.c stmt_reject_postprocess()"""
    families = {name for each in statements if (name := _header_of(each)) is not None}
    return [each for each in statements if _family_of(each) not in families]


def _header_of(statement: Object) -> str | None:
    match statement:
        case {"match": {"left": {"payload": {"protocol": "ip" | "icmp"}}}} | {"reject": {"type": "icmp"}}:
            return "ipv4"
        case {"match": {"left": {"payload": {"protocol": "ip6" | "icmpv6"}}}} | {"reject": {"type": "icmpv6"}}:
            return "ipv6"
        case _:
            return None


def _family_of(statement: Object) -> str:
    match statement:
        case {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": str(family)}}:
            return family
        case _:
            return ""


_PER = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def limit(part: RichPart) -> list[Object]:
    """Return the statement for the limit of an element of a rich rule; return no statement if the element has no
    limit."""
    if not part.limit:
        return []
    rate, _, unit = part.limit.partition("/")
    return [{"limit": {"rate": int(rate), "burst": int(part.burst or 5), "per": _PER[unit[:1]]}}]


_ANSWERS: Mapping[str, tuple[str, str]] = {
    "icmp-host-prohibited": ("icmp", "host-prohibited"), "host-prohib": ("icmp", "host-prohibited"),
    "icmp-net-prohibited": ("icmp", "net-prohibited"), "net-prohib": ("icmp", "net-prohibited"),
    "icmp-admin-prohibited": ("icmp", "admin-prohibited"), "admin-prohib": ("icmp", "admin-prohibited"),
    "icmp6-adm-prohibited": ("icmpv6", "admin-prohibited"), "adm-prohibited": ("icmpv6", "admin-prohibited"),
    "icmp-net-unreachable": ("icmp", "net-unreachable"), "net-unreach": ("icmp", "net-unreachable"),
    "icmp-host-unreachable": ("icmp", "host-unreachable"), "host-unreach": ("icmp", "host-unreachable"),
    "icmp-port-unreachable": ("icmp", "port-unreachable"), "icmp6-port-unreachable": ("icmpv6", "port-unreachable"),
    "port-unreach": ("icmpx", "port-unreachable"), "icmp-proto-unreachable": ("icmp", "prot-unreachable"),
    "proto-unreach": ("icmp", "prot-unreachable"), "icmp6-addr-unreachable": ("icmpv6", "addr-unreachable"),
    "addr-unreach": ("icmpv6", "addr-unreachable"), "icmp6-no-route": ("icmpv6", "no-route"),
    "no-route": ("icmpv6", "no-route"),
}  # fmt: skip


def rejection(answer: str, statements: list[Object]) -> Object:
    """Return the statement that rejects the packet with the given ICMP error.

    If no error is given, the packet is rejected with the default error of the rule's family."""
    if answer in ("tcp-reset", "tcp-rst"):
        return {"reject": {"type": "tcp reset"}}
    if answer in _ANSWERS:
        kind, expression = _ANSWERS[answer]
        return {"reject": {"type": kind, "expr": expression}}
    families = {_family_of(each) or _header_of(each) for each in statements}
    kind = "icmp" if "ipv4" in families else "icmpv6" if "ipv6" in families else "icmpx"
    return {"reject": {"type": kind, "expr": "port-unreachable"}}


_UNREACHABLE = "destination-unreachable"
_ICMP: Mapping[IpVersion, Mapping[str, tuple[str, int | str | None]]] = {
    "ipv4": {
        "communication-prohibited": (_UNREACHABLE, "admin-prohibited"),
        _UNREACHABLE: (_UNREACHABLE, None),
        "echo-reply": ("echo-reply", None),
        "echo-request": ("echo-request", None),
        "fragmentation-needed": (_UNREACHABLE, "frag-needed"),
        "host-precedence-violation": (_UNREACHABLE, 14),
        "host-prohibited": (_UNREACHABLE, "host-prohibited"),
        "host-redirect": ("redirect", 1),
        "host-unknown": (_UNREACHABLE, 7),
        "host-unreachable": (_UNREACHABLE, "host-unreachable"),
        "ip-header-bad": ("parameter-problem", 1),
        "network-prohibited": (_UNREACHABLE, 8),
        "network-redirect": ("redirect", 0),
        "network-unknown": (_UNREACHABLE, 6),
        "network-unreachable": (_UNREACHABLE, "net-unreachable"),
        "parameter-problem": ("parameter-problem", None),
        "port-unreachable": (_UNREACHABLE, "port-unreachable"),
        "precedence-cutoff": (_UNREACHABLE, 15),
        "protocol-unreachable": (_UNREACHABLE, "prot-unreachable"),
        "redirect": ("redirect", None),
        "required-option-missing": ("parameter-problem", 1),
        "router-advertisement": ("router-advertisement", None),
        "router-solicitation": ("router-solicitation", None),
        "source-quench": ("source-quench", None),
        "source-route-failed": (_UNREACHABLE, 5),
        "time-exceeded": ("time-exceeded", None),
        "timestamp-reply": ("timestamp-reply", None),
        "timestamp-request": ("timestamp-request", None),
        "tos-host-redirect": ("redirect", 3),
        "tos-host-unreachable": (_UNREACHABLE, 12),
        "tos-network-redirect": ("redirect", 2),
        "tos-network-unreachable": (_UNREACHABLE, 11),
        "ttl-zero-during-reassembly": ("time-exceeded", 1),
        "ttl-zero-during-transit": ("time-exceeded", 0),
    },
    "ipv6": {
        "address-unreachable": (_UNREACHABLE, "addr-unreachable"),
        "bad-header": ("parameter-problem", 0),
        "beyond-scope": (_UNREACHABLE, 2),
        "communication-prohibited": (_UNREACHABLE, "admin-prohibited"),
        _UNREACHABLE: (_UNREACHABLE, None),
        "echo-reply": ("echo-reply", None),
        "echo-request": ("echo-request", None),
        "failed-policy": (_UNREACHABLE, "policy-fail"),
        "mld-listener-done": ("mld-listener-done", None),
        "mld-listener-query": ("mld-listener-query", None),
        "mld-listener-report": ("mld-listener-report", None),
        "mld2-listener-report": ("mld2-listener-report", None),
        "neighbour-advertisement": ("nd-neighbor-advert", None),
        "neighbour-solicitation": ("nd-neighbor-solicit", None),
        "no-route": (_UNREACHABLE, "no-route"),
        "packet-too-big": ("packet-too-big", None),
        "parameter-problem": ("parameter-problem", None),
        "port-unreachable": (_UNREACHABLE, "port-unreachable"),
        "redirect": ("nd-redirect", None),
        "reject-route": (_UNREACHABLE, "reject-route"),
        "router-advertisement": ("nd-router-advert", None),
        "router-solicitation": ("nd-router-solicit", None),
        "time-exceeded": ("time-exceeded", None),
        "ttl-zero-during-reassembly": ("time-exceeded", 1),
        "ttl-zero-during-transit": ("time-exceeded", 0),
        "unknown-header-type": ("parameter-problem", 1),
        "unknown-option": ("parameter-problem", 2),
    },
}


_ICMP_WITH_CODES = (2, 4)
_CODES: Mapping[IpVersion, Mapping[str, tuple[str, int | str | None]]] = {
    "ipv4": {
        "ip-header-bad": ("parameter-problem", 0), "network-prohibited": (_UNREACHABLE, 9),
        "tos-host-redirect": ("redirect", 1), "tos-host-unreachable": (_UNREACHABLE, "host-unreachable"),
        "tos-network-unreachable": (_UNREACHABLE, "net-unreachable"),
    },
    "ipv6": {
        "neighbour-advertisement": ("nd-neighbor-advert", "no-route"),
        "neighbour-solicitation": ("nd-neighbor-solicit", "no-route"), "redirect": ("nd-redirect", "no-route"),
        "router-advertisement": ("nd-router-advert", "no-route"),
        "router-solicitation": ("nd-router-solicit", "no-route"),
    },
}  # fmt: skip
"""The ICMP codes for which firewalld 2.4 makes another comparison than older versions.  nft prints the code 0 of ICMPv6
as ``no-route``, whatever the type is."""


def icmp(version: IpVersion, name: str, firewalld: tuple[int, ...]) -> list[Object] | None:
    """Return the comparisons of the ICMP type and code that this version of firewalld makes; None if the family has no
    such type."""
    found = _CODES[version].get(name) if firewalld >= _ICMP_WITH_CODES else None
    found = found or _ICMP[version].get(name)
    if found is None:
        return None
    protocol = "icmp" if version == "ipv4" else "icmpv6"
    kind, code = found
    return [payload(protocol, "type", kind), *([] if code is None else [payload(protocol, "code", code)])]


def sent_on(to_port: str, to_address: str) -> Object:
    """Return the statement that forwards a port to another port, on this host or at an address."""
    where: dict[str, Json] = {}
    if to_address:
        version, value = _plain_address(to_address)
        where = {"family": "ip" if version == "ipv4" else "ip6", "addr": value}
    if to_port:
        where["port"] = port(to_port)
    return {"dnat": where} if to_address else {"redirect": where}


def of_kind(denied: str) -> list[Object]:
    """Return the comparison for the packet type that ``LogDenied`` names; empty if ``LogDenied`` logs all packets."""
    return [] if denied == "all" else [meta("pkttype", "host" if denied == "unicast" else denied)]


def family_of_header(statement: Object) -> str:
    """Return the protocol whose header the statement matches, as ``ip``, ``ip6`` or ``ether``; empty if it matches no
    header."""
    match statement:
        case {"match": {"left": {"payload": {"protocol": str(protocol)}}}}:
            return protocol
        case _:
            return ""

"""Pieces of rules as ``nft -j`` writes them.  Source: libnftables-json(5)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal

from hairpin.netfilter.rule_address import IpFamily

Json = dict[str, object]
Operator = Literal["==", "!=", "in"]

ACCEPT: Json = {"accept": None}
DROP: Json = {"drop": None}
MASQUERADE: Json = {"masquerade": None}
COUNTER: Json = {"counter": {"packets": 0, "bytes": 0}}


def behind_counter(statement: Json) -> tuple[Json, Json]:
    """Return the JSON of a counter, followed by the given statement."""
    return COUNTER, statement


def match(left: Json, right: object, operator: Operator = "==") -> Json:
    """Return the JSON of a comparison of the left side with the right side."""
    return {"match": {"op": operator, "left": left, "right": right}}


def interface(key: Literal["iifname", "oifname"], names: str | Sequence[str], operator: Operator = "==") -> Json:
    """Return a comparison of the packet's interface with one name or with several names."""
    return match({"meta": {"key": key}}, names if isinstance(names, str) else {"set": list(names)}, operator)


def address(family: IpFamily, field: Literal["saddr", "daddr"], value: object, operator: Operator = "==") -> Json:
    """Return a comparison of the packet's source or destination with an address or a :func:`prefix`."""
    return match({"payload": {"protocol": family, "field": field}}, value, operator)


def prefix(text: str) -> Json:
    """Return ``172.17.0.0/16`` as nft's prefix expression."""
    network = ip_network(text)
    return {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}


def host(family: IpFamily, number: int) -> str:
    """Return an address as text."""
    return str(IPv4Address(number) if family == "ip" else IPv6Address(number))


def port(protocol: str, number: int) -> Json:
    """Return a comparison of the packet's destination port."""
    return match({"payload": {"protocol": protocol, "field": "dport"}}, number)


def icmp(family: IpFamily) -> Json:
    """Return the comparison that matches the family's ICMP."""
    if family == "ip":
        return match({"payload": {"protocol": "ip", "field": "protocol"}}, "icmp")
    return match({"meta": {"key": "l4proto"}}, "ipv6-icmp")


def type_is_local(field: Literal["saddr", "daddr"]) -> Json:
    """Return ``fib saddr type local`` or ``fib daddr type local``, which matches if the packet's source or destination
    is an address of this host."""
    return match({"fib": {"result": "type", "flags": [field]}}, "local")


def ct_established() -> Json:
    """Return ``ct state established,related``."""
    return match({"ct": {"key": "state"}}, ["established", "related"], "in")


def vmap(key: Literal["iifname", "oifname"], name: str) -> Json:
    """Return the statement that looks a verdict up by interface in a named map."""
    return {"vmap": {"key": {"meta": {"key": key}}, "data": f"@{name}"}}


def jump(chain: str) -> Json:
    """Return the statement that jumps to a chain."""
    return {"jump": {"target": chain}}


def dnat(target: str, number: int) -> Json:
    """Return the statement that translates the packet's destination."""
    return {"dnat": {"addr": target, "port": number}}


def snat(source: str) -> Json:
    """Return the statement that translates the packet's source."""
    return {"snat": {"addr": source}}

"""Parses the statements of an nft script that redirect or copy a packet (NAT, proxies, queues).

The result is JSON of libnftables.

Source: nft(8) NAT STATEMENTS, TPROXY STATEMENT, QUEUE STATEMENT, DUP STATEMENT, FWD STATEMENT
"""

from hairpin.netfilter.nft.script.constants import with_ports
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.expressions import value_or_range, with_map
from hairpin.netfilter.nft.syntax import Json, Object

_NAT_FLAGS = ("random", "fully-random", "persistent")


def translation(at: Cursor) -> Json:
    """Read and return ``snat``, ``dnat``, ``masquerade`` or ``redirect`` with its arguments."""
    name, found = at.take().text, dict[str, Json]()
    if at.at("ip", "ip6") and at.peek(1).means("to", "addr", "prefix", "interval"):
        found["family"] = at.take().text
    if at.accept("addr"):
        at.expect(".")
        at.expect("port")
        found["type_flags"] = "concat"
    elif at.accept("prefix"):
        found["type_flags"] = "prefix"
        found["flags"] = "netmap"
    else:
        at.accept("interval")
    # ``dnat 10.0.0.2`` is an older form of ``dnat to 10.0.0.2``.
    if at.accept("to") or (name in ("snat", "dnat") and not at.at_end()):
        _translated(at, found, ports_alone=name in ("redirect", "masquerade"))
    flags = _nat_flags(at)
    if flags:
        before: Json = found.get("flags")
        every: list[Json] = [*([before] if before is not None else []), *(each for each in _NAT_FLAGS if each in flags)]
        found["flags"] = every[0] if len(every) == 1 else every
    return {name: found or None}


def _translated(at: Cursor, found: Object, *, ports_alone: bool) -> None:
    """Read the address and the port, or a map that chooses them, into ``found``."""
    if not at.at(":"):
        target = _target(at)
        found["port" if ports_alone else "addr"] = with_ports(_PORT, target) if ports_alone else target
    if at.accept(":"):
        found["port"] = with_ports(_PORT, _target(at))


_PORT: Json = {"payload": {"protocol": "th", "field": "dport"}}


def _target(at: Cursor) -> Json:
    if at.accept("["):
        inner: Json = value_or_range(at)
        at.expect("]")
        if at.accept("/"):
            return {"prefix": {"addr": inner, "len": at.number()}}
        if at.accept("-"):
            at.expect("[")
            inner = {"range": [inner, value_or_range(at)]}
            at.expect("]")
        return inner
    return with_map(at)


def _nat_flags(at: Cursor) -> list[Json]:
    found: list[Json] = []
    while at.at(*_NAT_FLAGS):
        found.append(at.take().text)
        at.accept(",")
    return found


def tproxy(at: Cursor) -> Json:
    """Read and return a statement such as ``tproxy to :50080``."""
    at.take()
    found: Object = {}
    if at.at("ip", "ip6"):
        found["family"] = at.take().text
    at.expect("to")
    _translated(at, found, ports_alone=False)
    return {"tproxy": found}


def queue(at: Cursor) -> Json:
    """Read and return a statement such as ``queue flags bypass to 1-3``."""
    at.take()
    found: Object = {}
    flags: list[Json] = []
    while at.at("num", "to", "flags", "bypass", "fanout", ","):
        word = at.take().text
        if word in ("num", "to"):
            found["num"] = with_map(at)
        elif word in ("bypass", "fanout"):
            flags.append(word)
    if flags:
        found["flags"] = flags[0] if len(flags) == 1 else flags
    return {"queue": found or None}


def copy_or_forward(at: Cursor) -> Json:
    """Read and return a statement such as ``dup to 10.0.0.1 device "eth0"`` or ``fwd to "eth0"``."""
    name, found = at.take().text, dict[str, Json]()
    if at.at("ip", "ip6"):
        found["family"] = at.take().text
    at.expect("to")
    target = with_map(at)
    if at.accept("device"):
        return {name: {**found, "addr": target, "dev": with_map(at)}}
    is_link = name == "fwd" or (isinstance(target, str) and not set(target) & set(".:"))
    return {name: {**found, ("dev" if is_link else "addr"): target}}

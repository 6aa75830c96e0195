"""Reads statements of nft rules as expressions of the IR, with one function for each kind of statement.

A statement that hairpin does not model stays in the rule with its words: as Outside if it may keep the packet, as
OpaqueMatch if it may end the rule, as StatefulMatch if it depends on history.

Source: nftables src/json.c, the statement functions; libnftables-json(5)
"""

from collections.abc import Callable
from typing import Literal

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.limit import ConnectionLimit, Queue, Rate
from hairpin.netfilter.nft.fields import network_needs, protocol_need
from hairpin.netfilter.nft.mangle import mangle
from hairpin.netfilter.nft.maps import map_elements, membership, verdict_map
from hairpin.netfilter.nft.matches import read_match
from hairpin.netfilter.nft.nat import translation
from hairpin.netfilter.nft.objects import of_map, quota_limit
from hairpin.netfilter.nft.operands import needs
from hairpin.netfilter.nft.scope import Parts, Scope
from hairpin.netfilter.nft.syntax import Json, Object, content, list_of, named, object_of, pair, string
from hairpin.netfilter.nft.text import statement_text
from hairpin.netfilter.nft.values import number

Reader = Callable[[Json, Scope], Parts]


def read_statement(statement: Json, scope: Scope) -> Parts:
    """Return the expressions of a statement.  Raises MalformedError for JSON that is no statement."""
    if isinstance(statement, str):
        # nft has no JSON for such a statement and prints its text (a jump to an anonymous chain, a newer kernel's
        # statement).
        text = statement_text(statement)
        return (ir.Outside(text.split(" ", maxsplit=1)[0], text),)
    if not isinstance(statement, dict) or len(statement) != 1:
        raise MalformedError(message("a statement is an object with one key"))
    name, inner = next(iter(statement.items()))
    reader = _READERS.get(name)
    return reader(inner, scope) if reader is not None else (ir.Outside(name, statement_text(statement)),)


# --- verdicts --------------------------------------------------------------------------------------------------------

_ACCEPT, _DROP, _RETURN = (ir.Verdict("accept"),), (ir.Verdict("drop"),), (ir.Verdict("return"),)


def _jump(inner: Json, _: Scope) -> Parts:
    return (ir.Jump(string(object_of(inner), "target")),)


def _goto(inner: Json, _: Scope) -> Parts:
    return (ir.Jump(string(object_of(inner), "target"), goto=True),)


_ICMP_ANSWERS = {
    0: "icmp-net-unreachable", 1: "icmp-host-unreachable", 2: "icmp-proto-unreachable", 3: "icmp-port-unreachable",
    9: "icmp-net-prohibited", 10: "icmp-host-prohibited", 13: "icmp-admin-prohibited",
}  # fmt: skip
_ICMP6_ANSWERS = {
    0: "icmp6-no-route", 1: "icmp6-adm-prohibited", 3: "icmp6-addr-unreachable", 4: "icmp6-port-unreachable",
    5: "icmp6-policy-fail", 6: "icmp6-reject-route",
}  # fmt: skip
# The codes of icmpx: include/uapi/linux/netfilter/nf_tables.h enum nft_reject_inet_code
_ICMPX_CODES = ("no-route", "port-unreachable", "host-unreachable", "admin-prohibited")


def _reject(inner: Json, scope: Scope) -> Parts:
    body = content({"reject": inner})
    kind, code = body.get("type"), body.get("expr", "port-unreachable")
    if kind is None:
        kind = {"ip": "icmp", "ip6": "icmpv6"}.get(scope.family, "icmpx")
    implied: tuple[ir.FieldMatch, ...] = ()
    match kind:
        case "tcp reset":
            return (protocol_need(6), ir.Reject("tcp-reset"))
        case "icmp":
            implied = network_needs(4, scope.family)
            at = number(code, "icmp_code")
            answer = _ICMP_ANSWERS.get(-1 if at is None else at, f"icmp-{code}")
        case "icmpv6":
            implied = network_needs(6, scope.family)
            at = number(code, "icmpv6_code")
            answer = _ICMP6_ANSWERS.get(-1 if at is None else at, f"icmp6-{code}")
        case _:
            known = isinstance(code, int) and 0 <= code < len(_ICMPX_CODES)
            answer = f"icmpx-{_ICMPX_CODES[code] if known and isinstance(code, int) else code}"
    return (*implied, ir.Reject(answer))


# --- history and load ------------------------------------------------------------------------------------------------


def _rate(inner: Json, scope: Scope) -> Parts:
    """Return a ``limit`` as a match.  A map to limits is satisfied if the map has the packet's key and each limit of
    the map is satisfied."""
    text = statement_text({"limit": inner})
    if isinstance(inner, dict) and "map" in inner:
        return (*_key_of(inner, scope, text), ir.StatefulMatch("limit", text, usual=not _over_in_map(inner, scope)))
    declared = scope.objects.get(f"limit {inner}") if isinstance(inner, str) else None
    rate = _rate_of_body(content({"limit": inner}) if declared is None else declared)
    return (ir.StatefulMatch("limit", text, usual=not _is_over("limit", inner, scope), rate=rate),)


def _rate_of_body(body: Object) -> Rate | None:
    count, period, unit, burst = (body.get(key) for key in ("rate", "per", "rate_unit", "burst"))
    if not isinstance(count, int) or period not in _PERIODS:
        return None
    in_packets = body.get("burst_unit", "packets") == "packets"
    return Rate(
        count,
        unit if isinstance(unit, str) else "packets",
        _PERIODS[period],
        burst if isinstance(burst, int) and burst and in_packets else None,
    )


_PERIODS: dict[Json, Literal["second", "minute", "hour", "day", "week"]] = {
    "second": "second", "minute": "minute", "hour": "hour", "day": "day", "week": "week",
}  # fmt: skip


def _over_in_map(inner: Object, scope: Scope) -> bool:
    names = [pair(each)[1] for each in map_elements(content(inner).get("data"), scope) or []]
    return any(isinstance(each, str) and _is_over("limit", each, scope) for each in names)


def _key_of(inner: Object, scope: Scope, text: str) -> tuple[ir.Expression, ...]:
    """Return the condition that a map to objects has the packet's key."""
    found = membership(content(inner), scope)
    return (ir.OpaqueMatch(text),) if found is None else found


def _is_over(name: str, inner: Json, scope: Scope) -> bool:
    declared = scope.objects.get(f"{name} {inner}") if isinstance(inner, str) else None
    return (content({name: inner}) if declared is None else declared).get("inv") is True


def _quota(inner: Json, scope: Scope) -> Parts:
    text = statement_text({"quota": inner})
    if isinstance(inner, dict) and "map" in inner:
        limit = of_map(map_elements(content(inner).get("data"), scope) or [], scope)
        state = ir.OpaqueMatch(text) if limit is None else ir.StatefulMatch("quota", text, not limit.over, limit)
        return (*_key_of(inner, scope, text), state)
    limit = quota_limit(inner, scope)
    if limit is None:
        return (ir.OpaqueMatch(text),)
    return (ir.StatefulMatch("quota", text, not limit.over, limit),)


def _connections(inner: Json, scope: Scope) -> Parts:
    """Return ``ct count``, which counts the connections of all packets that reach the statement, whatever their
    addresses: nft_connlimit.c"""
    text, over = statement_text({"ct count": inner}), _is_over("ct count", inner, scope)
    most = content({"ct count": inner}).get("val")
    limit = ConnectionLimit(most, over, 0) if isinstance(most, int) else None
    return (ir.StatefulMatch("connlimit", text, not over, limit),)


def _inner_statements(statements: list[Json], scope: Scope) -> tuple[ir.Expression, ...]:
    """Return the effect that the statements of a set's new element have on the rule: a limit can end the rule, a
    counter cannot."""
    found: list[ir.Expression] = []
    for statement in statements:
        if named(statement) in ("limit", "quota", "ct count"):
            parts = read_statement(statement, scope)
            found += parts if isinstance(parts, tuple) else ()
        elif named(statement) not in ("counter", "last"):
            found.append(ir.OpaqueMatch(statement_text(statement)))
    return tuple(found)


def _set(name: str) -> Reader:
    """Return the reader of a statement that adds an element for the packet to a set or a map:
    ``add @set { ip saddr … }``."""

    def read(inner: Json, scope: Scope) -> Parts:
        body = object_of(inner)
        implied = (*needs(body.get("elem"), scope.family), *needs(body.get("data"), scope.family))
        stated = _inner_statements(list_of(body.get("stmt")), scope)
        return (*implied, ir.NoEffect(f"{body.get('op')} @", statement_text({name: inner})), *stated)

    return read


def _meter(inner: Json, scope: Scope) -> Parts:
    body = object_of(inner)
    implied = needs(body.get("key"), scope.family)
    return (
        *implied,
        ir.NoEffect("meter", statement_text({"meter": inner})),
        *_inner_statements([body.get("stmt")], scope),
    )


# --- statements without an effect on the packet, and those that take it ----------------------------------------------


def _counter(inner: Json, scope: Scope) -> Parts:
    # An anonymous counter counts the rule's packets: Rule.packets, Rule.bytes.
    if inner is None or (isinstance(inner, dict) and "packets" in inner):
        return ()
    return _object("counter")(inner, scope)


def _object(name: str) -> Reader:
    """Return the reader of a statement with a named object, or with a map to objects.  If the map has no element for a
    packet, the statement ends the rule."""

    def read(inner: Json, scope: Scope) -> Parts:
        text = statement_text({name: inner})
        if not isinstance(inner, dict) or "map" not in inner:
            return (ir.NoEffect(name, text),)
        found = membership(content(inner), scope)
        return (ir.OpaqueMatch(text),) if found is None else (*found, ir.NoEffect(name, text))

    return read


def _no_effect(name: str) -> Reader:
    return lambda inner, _: (ir.NoEffect(name, statement_text({name: inner})),)


def _outside(name: str) -> Reader:
    return lambda inner, _: (ir.Outside(name, statement_text({name: inner})),)


def _queue(inner: Json, _: Scope) -> Parts:
    """Return ``queue``.  If an expression chooses the queue's number, the queue is not known."""
    body: Object = content({"queue": inner})
    number, flags = body.get("num", 0), body.get("flags", [])
    bypass = "bypass" in (flags if isinstance(flags, list) else [flags])
    ends = number.get("range") if isinstance(number, dict) else [number, number]
    if not isinstance(ends, list) or len(ends) != _ENDS or not all(isinstance(each, int) for each in ends):
        return (ir.Outside("queue", statement_text({"queue": inner})),)
    first, last = (each for each in ends if isinstance(each, int))
    return (ir.Outside("queue", statement_text({"queue": inner}), queue=Queue(first, last, bypass)),)


_ENDS = 2


def _xt(inner: Json, _: Scope) -> Parts:
    """Return an iptables extension, whose arguments nft does not print.  Tables with iptables extensions should be read
    from iptables-save."""
    text = statement_text({"xt": inner})
    body: Object = content({"xt": inner})
    if body.get("type") == "target":
        return (ir.Outside(str(body.get("name")), text),)
    return (ir.OpaqueMatch(text),)


_READERS: dict[str, Reader] = {
    "match": lambda inner, scope: read_match(object_of(inner), scope),
    "accept": lambda _, __: _ACCEPT,
    "drop": lambda _, __: _DROP,
    "return": lambda _, __: _RETURN,
    "continue": lambda _, __: (),
    "jump": _jump,
    "goto": _goto,
    "reject": _reject,
    "vmap": verdict_map,
    "counter": _counter,
    "limit": _rate,
    "quota": _quota,
    "ct count": _connections,
    "snat": lambda inner, scope: translation("snat", inner, scope),
    "dnat": lambda inner, scope: translation("dnat", inner, scope),
    "masquerade": lambda inner, scope: translation("masquerade", inner, scope),
    "redirect": lambda inner, scope: translation("redirect", inner, scope),
    "mangle": mangle,
    "notrack": lambda _, __: (ir.Notrack(),),
    "set": _set("set"),
    "map": _set("map"),
    "meter": _meter,
    "ct helper": _object("ct helper"),
    "ct timeout": _object("ct timeout"),
    "ct expectation": _object("ct expectation"),
    "secmark": _object("secmark"),
    "log": _no_effect("log"),
    "last": _no_effect("last"),
    "dup": _no_effect("dup"),
    "reset": _no_effect("reset"),
    "flow": _no_effect("flow"),
    "queue": _queue,
    "fwd": _outside("fwd"),
    "tproxy": _outside("tproxy"),
    "synproxy": _outside("synproxy"),
    "xt": _xt,
}

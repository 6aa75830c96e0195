"""Turns nft's listing in JSON into input for nft, which may have another version.

Native nftables rules have a counter only if their author wrote one.  In the replica each rule gets a counter, which
shows whether a packet matched the rule.  Source: libnftables-json(5); nftables src/json.c, src/parser_json.c
"""

from collections.abc import Callable, Mapping

import msgspec

from hairpin.netfilter.nft.misprints import as_loaded
from hairpin.netfilter.nft.sets import UNLISTED
from hairpin.netfilter.nft.syntax import Json, Object, content, list_of, named, object_of, single, words
from hairpin.netfilter.protocols import BUILT_IN

_TERMINAL = frozenset({
    "accept", "drop", "return", "jump", "goto", "continue", "reject", "dnat", "snat", "masquerade", "redirect", "queue",
    "vmap", "tproxy", "fwd", "synproxy",
})  # fmt: skip


def counted(
    text: str,
    devices: Mapping[str, tuple[str, ...]] | None = None,
    others: frozenset[str] = frozenset(),
    shorten: Callable[[Json], None] | None = None,
) -> str:
    """Return nft's listing, which is JSON, as input for ``nft -j -f``.

    Each rule and each dropping policy gets a counter at zero.  Each chain gets its ``devices``, which older versions of
    nft do not list.  Chains come first, because nft lists them after the maps whose elements jump to them.  The rules
    of the chains ``others`` are omitted, because another tool loads them.  ``shorten`` removes needless elements from
    the listing.

    Raises MalformedError for input that nft does not print.
    """
    document: Json = msgspec.json.decode(text)
    if shorten is not None:
        shorten(document)
    chains: list[Json] = []
    commands: list[Json] = []
    policies: list[Json] = []
    for item in list_of(object_of(document).get("nftables")):
        kind, found = single(item)
        if kind == "metainfo" or (kind == "rule" and object_of(found).get("chain") in others):
            continue
        plain = _plain(kind, object_of(found))
        if kind == "rule":
            plain["expr"] = _with_counter(_with_protocol([*map(_as_loaded, list_of(plain.get("expr")))]))
        bound = devices.get(str(plain.get("name")), ()) if devices and kind == "chain" else ()
        if bound and "dev" not in plain:
            plain["dev"] = bound[0] if len(bound) == 1 else [*bound]
        if kind == "chain" and plain.get("policy") == "drop" and plain.get("name") not in others:
            place: Object = {"family": plain["family"], "table": plain["table"], "chain": plain["name"]}
            policies.append({"add": {"rule": {**place, "expr": [_counter()]}}})
        (chains if kind in ("table", "chain") else commands).append({"add": {kind: plain}})
    return msgspec.json.encode({"nftables": [*chains, *commands, *policies]}).decode()


def _plain(kind: str, found: Object) -> Object:
    """Return an object of the listing in a form that every version of nft reads.

    nft 1.1 numbers a helper's protocol, marks a set as dynamic (the rules that add the set's elements mark it anyway),
    and writes ``a
    b
    c`` as one list.  The statement ``last`` is omitted, because it only remembers a time.
    """
    plain: Object = {key: _in_pairs(each) for key, each in found.items() if key not in ("handle", "index", UNLISTED)}
    if kind == "table":
        plain.pop("flags", None)  # replica/plan/rules.py sets the flag ``dormant``
    protocol = plain.get("protocol")
    if isinstance(protocol, int):
        plain["protocol"] = BUILT_IN.get(protocol, str(protocol))
    if kind == "set" and "flags" in plain:
        flags: list[Json] = [each for each in words(plain.pop("flags")) if each != "dynamic"]
        plain |= {"flags": flags} if flags else {}
    if kind == "rule":
        plain["expr"] = [each for each in list_of(plain.get("expr")) if named(each) != "last"]
    return plain


def _in_pairs(value: Json) -> Json:
    """Return an expression with several operands in pairs: ``{"|": [a, b, c]}`` as ``{"|": [{"|": [a, b]}, c]}``."""
    if isinstance(value, list):
        return [_in_pairs(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: Object = {key: _in_pairs(each) for key, each in value.items()}
    for operator in ("|", "&", "^"):
        operands = found.get(operator)
        if isinstance(operands, list) and len(operands) > 2:
            first: Json = operands[0]
            for each in operands[1:-1]:
                first = {operator: [first, each]}
            found[operator] = [first, operands[-1]]
    return found


def _counter() -> Json:
    return {"counter": {"packets": 0, "bytes": 0}}


def _with_counter(expressions: list[Json]) -> list[Json]:
    others = [each for each in expressions if not _anonymous_counter(each)]
    last = others[-1] if others else None
    ends = isinstance(last, dict) and not _TERMINAL.isdisjoint(last)
    at = len(others) - 1 if ends else len(others)
    return [*others[:at], _counter(), *others[at:]]


def _with_protocol(expressions: list[Json]) -> list[Json]:
    """Return the rule's expressions.  If the rule matches a conntrack port before its transport protocol is known, a
    match of the protocol is put first.

    nft drops ``meta l4proto udp`` if ``udp dport`` follows, and then it does not know the type of a conntrack port.

    Source: nftables src/ct.c ct_expr_update_type()
    """
    keys = [_key(each) for each in expressions]
    ports = [at for at, key in enumerate(keys) if key in ("proto-src", "proto-dst")]
    known = [at for at, key in enumerate(keys) if key in (*_WITH_PORTS, "l4proto")]
    if not ports or not known or known[0] < ports[0]:
        return expressions
    if keys[known[0]] == "l4proto":
        return [expressions[known[0]], *expressions[: known[0]], *expressions[known[0] + 1 :]]
    asked: Object = {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": keys[known[0]]}
    return [{"match": asked}, *expressions]


def _as_loaded(expression: Json) -> Json:
    """Return the expression.  If it is a match whose prefix nft lists wrongly, it gets the prefix that the kernel
    compares."""
    if named(expression) != "match":
        return expression
    body = content(expression)
    sides = as_loaded(body.get("left"), body.get("right"))
    return expression if sides is None else {"match": {**body, "left": sides[0], "right": sides[1]}}


_WITH_PORTS = ("tcp", "udp", "udplite", "sctp", "dccp")


def _key(expression: Json) -> str:
    """Return the key of a match: a conntrack key, a meta key, or the protocol of a header field."""
    if named(expression) != "match":
        return ""
    left = content(expression).get("left")
    for part in list_of(left["concat"]) if isinstance(left, dict) and "concat" in left else [left]:
        field = content(part)
        if named(part) == "payload" and field.get("protocol") in _WITH_PORTS:
            return str(field["protocol"])
        if named(part) in ("ct", "meta"):
            return str(field.get("key"))
    return ""


def _anonymous_counter(expression: Json) -> bool:
    found = expression.get("counter", "") if isinstance(expression, dict) else ""
    return found is None or (isinstance(found, dict) and found.keys() <= {"packets", "bytes"})

"""Writes the named objects of an nftables table in nft's words: counters, quotas, limits, helpers, flowtables …

Rules refer to named objects by name.  An object's counters and state are history, so the IR has only its declaration.
Quotas, named or inside a rule, are an exception: whether the rule matches depends on whether the quota is used up.  The
kernel never lists more used bytes than the quota has.

Source: nftables src/json.c obj_print_json(), flowtable_print_json(), quota_stmt_json(); nft(8);
net/netfilter/nft_quota.c nft_quota_do_eval(), nft_quota_do_dump()
"""

from hairpin.netfilter.limit import QuotaLimit
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, Object, content, integer, named, object_of, pair, string, words
from hairpin.netfilter.nft.text import statement_text
from hairpin.netfilter.protocols import BUILT_IN


def declared(kind: str, body: Object) -> str:
    """Return the declaration of one object without its counters, as nft prints it."""
    return f"{kind} {string(body, 'name')} {{ {_details(kind, body)} }}"


def _details(kind: str, body: Object) -> str:
    match kind:
        case "counter":
            return f"packets {body.get('packets', 0)} bytes {body.get('bytes', 0)}"
        case "quota":
            return f"{'over ' if body.get('inv') else ''}{body.get('bytes', 0)} bytes"
        case "limit":
            return statement_text({"limit": _rate(body)}).removeprefix("limit ")
        case "ct helper":
            return f'type "{body.get("type")}" protocol {_protocol(body)}; l3proto {body.get("l3proto")};'
        case "ct timeout":
            states = object_of(body.get("policy", {})).items()
            policy = ", ".join(f"{state} : {seconds}" for state, seconds in states)
            return f"protocol {_protocol(body)}; l3proto {body.get('l3proto')}; policy = {{ {policy} }};"
        case "ct expectation":
            seconds = (integer(body, "timeout") or 0) // 1000
            return (
                f"protocol {_protocol(body)}; dport {body.get('dport')}; timeout {seconds}s; "
                f"size {body.get('size')}; l3proto {body.get('l3proto')};"
            )
        case "secmark":
            return f'"{body.get("context")}"'
        case "synproxy":
            flags = words(body.get("flags"))
            return " ".join((f"mss {body.get('mss')} wscale {body.get('wscale')}", *flags))
        case "flowtable":
            devices = (*words(body.get("dev")), *words(body.get("devices")))
            listed = ", ".join(f'"{device}"' for device in devices)
            return f"hook {body.get('hook')} priority {body.get('prio', 0)}; devices = {{ {listed} }};"
        case _:
            return " ".join(f"{key} {value}" for key, value in body.items() if key not in ("family", "table", "name"))


def _protocol(body: Object) -> str:
    """Return the protocol's name.  nft 1.1 prints the protocol's number, but does not accept a number."""
    found = body.get("protocol")
    return BUILT_IN.get(found, str(found)) if isinstance(found, int) else str(found)


def _rate(body: Object) -> Object:
    return {key: body[key] for key in ("rate", "per", "burst", "rate_unit", "burst_unit", "inv") if key in body}


# --- quotas ----------------------------------------------------------------------------------------------------------

_UNITS = {"bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20, "gbytes": 1 << 30}
_SHORTEST_BYTES = 28
"""The length of the shortest packet with ports: an IPv4 header and a UDP header."""


def in_bytes(body: Object, key: str) -> int:
    """Return ``val`` or ``used`` of a quota statement in bytes; 0 if the statement has none."""
    unit = body.get(f"{key}_unit", "bytes")
    return (integer(body, key) or 0) * _UNITS.get(unit if isinstance(unit, str) else "", 1)


def quota_limit(inner: Json, scope: Scope) -> QuotaLimit | None:
    """Return the limit of a statement's quota; None if the listing does not have the named quota."""
    if isinstance(inner, str):
        declared = scope.objects.get(f"quota {inner}")
        return None if declared is None else of_object(inner, declared)
    body = content({"quota": inner})
    return _limit(in_bytes(body, "val"), in_bytes(body, "used"), body)


def of_object(name: str, body: Object) -> QuotaLimit:
    """Return the limit of a named quota."""
    return _limit(integer(body, "bytes") or 0, integer(body, "used") or 0, body, name)


def of_map(elements: list[Json], scope: Scope) -> QuotaLimit | None:
    """Return a limit that stands for all quotas of a map.  Return None if the quotas differ, or if the listing lacks
    one of them."""
    names = [name for each in elements if isinstance(name := pair(each)[1], str)]
    found = {quota_limit(name, scope) for name in names}
    alike = {None if each is None else (each.spent, each.over) for each in found}
    if len(names) < len(elements) or len(alike) != 1:
        return None
    return next(iter(found))


def _limit(most: int, used: int, body: Object, name: str = "") -> QuotaLimit:
    return QuotaLimit(spent=used + _SHORTEST_BYTES > most, over=body.get("inv") is True, name=name)


def matches_now(value: Json) -> bool:
    """Return whether a packet on a quiet host matches the set's element.  The element's own quota or rate may prevent
    the match.

    Source: net/netfilter/nft_lookup.c nft_lookup_eval(): nft_set_elem_update_expr()"""
    body = content(value) if named(value) == "elem" else {}
    for name in ("quota", "limit", "ct count"):
        if name in body:
            stated = object_of(body[name])
            spent = name == "quota" and _limit(in_bytes(stated, "val"), in_bytes(stated, "used"), stated).spent
            return (stated.get("inv") is True) is spent
    return True

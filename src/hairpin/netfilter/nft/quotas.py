"""Reads quotas: the statement ``quota over 25 mbytes used 20 mbytes``, and a named quota with its state.

The kernel never lists more used bytes than the quota has, so a quota whose used bytes have reached it is used up.

Source: net/netfilter/nft_quota.c nft_quota_do_eval(), nft_quota_do_dump(); nftables src/json.c quota_stmt_json()
"""

from hairpin.netfilter.limit import QuotaLimit
from hairpin.netfilter.nft.scope import Scope
from hairpin.netfilter.nft.syntax import Json, Object, content, integer, named, object_of, pair

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
    """Return what all quotas of a map to quotas have in common; None if they differ or the listing lacks one."""
    names = [name for each in elements if isinstance(name := pair(each)[1], str)]
    found = {quota_limit(name, scope) for name in names}
    alike = {None if each is None else (each.spent, each.over) for each in found}
    if len(names) < len(elements) or len(alike) != 1:
        return None
    return next(iter(found))


def _limit(most: int, used: int, body: Object, name: str = "") -> QuotaLimit:
    return QuotaLimit(spent=used + _SHORTEST_BYTES > most, over=body.get("inv") is True, name=name)


def matches_now(value: Json) -> bool:
    """Return whether a packet on a quiet host is in the set by this element: the element's own quota or rate may keep
    the packet out.

    Source: net/netfilter/nft_lookup.c nft_lookup_eval(): nft_set_elem_update_expr()"""
    body = content(value) if named(value) == "elem" else {}
    for name in ("quota", "limit", "ct count"):
        if name in body:
            stated = object_of(body[name])
            spent = name == "quota" and _limit(in_bytes(stated, "val"), in_bytes(stated, "used"), stated).spent
            return (stated.get("inv") is True) is spent
    return True

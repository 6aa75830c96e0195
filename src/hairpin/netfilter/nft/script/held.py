"""Returns parts of existing tables as JSON of libnftables.  A script's new rules may refer to parts of existing tables.

Addresses and flags are written as numbers, as in ``nft -j --numeric``.
"""

from hairpin.netfilter.ir import Chain, Key, Map, NameKey, NatElement, Set, Verdict, VerdictElement
from hairpin.netfilter.nft.syntax import Json, Object


def chain_of(chain: Chain) -> Object:
    """Return the JSON of a chain's declaration, without the chain's rules."""
    if chain.hook is None:
        return {"name": chain.name}
    found: Object = {"name": chain.name, "hook": chain.hook, "type": chain.type, "prio": chain.priority}
    if chain.policy is not None:
        found["policy"] = chain.policy
    return {**found, **({"dev": [*chain.devices]} if chain.devices else {})}


def declared_set(named: Set) -> Object:
    """Return the JSON of a set with its elements."""
    kinds = named.type.split(" . ")
    return {"name": named.name, "type": [*kinds], "elem": [_key(each.key, kinds) for each in named.elements]}


def declared_map(named: Map) -> Object:
    """Return the JSON of a map with its elements."""
    types, _, data = named.type.partition(" : ")
    kinds = types.split(" . ")
    return {
        "name": named.name,
        "type": [*kinds],
        "map": [*data.split(" . ")],
        "elem": [
            [_key(each.key, kinds), _verdict(each.verdict) if isinstance(each, VerdictElement) else _nat(each)]
            for each in named.elements
        ],
    }


def _verdict(verdict: object) -> Json:
    if isinstance(verdict, Verdict):
        return {verdict.verdict: None}
    goto, chain = getattr(verdict, "goto", False), getattr(verdict, "chain", "")
    return {"goto" if goto else "jump": {"target": str(chain)}}


def _nat(element: NatElement) -> Json:
    parts: list[Json] = [_range(*each) for each in (element.addresses, element.ports) if each is not None]
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _key(dimensions: tuple[Key, ...], kinds: list[str]) -> Json:
    if not dimensions:
        return "*"
    parts = [_dimension(each, kind) for each, kind in zip(dimensions, kinds, strict=False)]
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _dimension(key: Key, kind: str) -> Json:
    if isinstance(key, NameKey):
        return key.name
    if kind in ("icmp_type", "icmpv6_type"):
        return _range(key.first >> 8, key.last >> 8)
    return _range(key.first, key.last)


def _range(first: int, last: int) -> Json:
    return first if first == last else {"range": [first, last]}

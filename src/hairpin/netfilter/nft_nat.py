"""``snat``, ``dnat``, ``masquerade`` and ``redirect``, with constants, ranges, prefixes and maps.

Source: nftables src/json.c nat_stmt_json(); net/netfilter/nft_nat.c nft_nat_inet_eval() (the other family passes)
"""

from typing import Literal

from hairpin.netfilter.ir import Expression, Nat, NatMap, Outside
from hairpin.netfilter.nft_maps import choose, map_elements
from hairpin.netfilter.nft_operands import needs, network_needs, operand
from hairpin.netfilter.nft_scope import Parts, Scope
from hairpin.netfilter.nft_sets import concatenated, kinds_of, nat_elements, nat_target, plain_fields
from hairpin.netfilter.nft_syntax import Json, Object, content, element_value, named, pair, words
from hairpin.netfilter.nft_text import nat_text
from hairpin.netfilter.nft_values import interval

Kind = Literal["snat", "dnat", "masquerade", "redirect"]
Version = Literal[4, 6]


def translation(name: Kind, inner: Json, scope: Scope) -> Parts:
    """Return the translation, after the condition that its family sets."""
    body = content({name: inner})
    version = _version(body, scope)
    address, port = body.get("addr"), body.get("port")
    implied = network_needs(version, scope.family) if version is not None and "addr" in body else ()
    outside: Parts = (*implied, Outside(name, nat_text(name, inner)))
    flags = words(body.get("flags"))
    prefix = "netmap" in flags or "prefix" in words(body.get("type_flags")) or named(address) == "prefix"
    template = Nat(name, flags=tuple(flag for flag in flags if flag != "netmap"), prefix=prefix, version=version)
    addresses, ports = _constant(address, version), _constant(port, None)
    if (address is None or addresses is not None) and (port is None or ports is not None):
        return (*implied, _with(template, addresses, ports))
    by_address = named(address) == "map"
    if by_address == (named(port) == "map") or (by_address and port is not None and ports is None):
        return outside
    mapped = _Mapped(template, by_address=by_address, addresses=addresses, ports=ports)
    found = mapped.parts(content(address if by_address else port), scope)
    if found is None:
        return outside
    return (*implied, *found) if isinstance(found, tuple) else found


def _version(body: Object, scope: Scope) -> Version | None:
    family = body.get("family", scope.family)
    if family in ("ip", "ip6"):
        return 4 if family == "ip" else 6
    # nft before 0.9.5 does not print the family in an inet table; the address shows it.
    text = str(body.get("addr", ""))
    return None if "addr" not in body or "@" in text else 6 if "::" in text else 4


def _constant(value: Json, version: Version | None) -> tuple[int, int] | None:
    """Return an address or a port, or a range of them; None for anything else."""
    if value is None or named(value) == "map":
        return None
    return interval(value, "inet_service" if version is None else "ipv4_addr" if version == 4 else "ipv6_addr")


def _with(template: Nat, addresses: tuple[int, int] | None, ports: tuple[int, int] | None) -> Nat:
    return Nat(template.nat, addresses, ports, template.flags, template.prefix, template.version)


class _Mapped:
    """A translation whose address (and port), or port alone, a map gives."""

    def __init__(
        self, template: Nat, *, by_address: bool, addresses: tuple[int, int] | None, ports: tuple[int, int] | None
    ) -> None:
        self.template = template
        self.by_address = by_address
        self.addresses = addresses
        self.ports = ports

    def parts(self, inner: Object, scope: Scope) -> Parts | None:
        """Return the translation by the map ``inner``; None if it is not understood."""
        key, data = inner.get("key"), inner.get("data")
        elements = map_elements(data, scope)
        if elements is None:
            return None
        template = self.template
        simple = not template.flags and not template.prefix and self.addresses is None and self.ports is None
        operands = [operand(part, scope.family) for part in concatenated(key) if isinstance(part, dict)]
        fields = plain_fields(operands)
        if fields and simple:
            implied = needs(key, scope.family)
            if isinstance(data, str) and data[1:] not in scope.unread:
                return (*implied, NatMap(template.nat, fields, map=data[1:]))
            values = self._kinds([pair(each)[1] for each in elements])
            found = nat_elements(elements, [of.kind for of in operands], values) if values else None
            if found is not None:
                return (*implied, NatMap(template.nat, fields, found))
        kinds = kinds_of(scope.maps[data[1:]].get("map"), scope) if isinstance(data, str) else None
        return choose(key, elements, lambda value: self._act(value, kinds or self._kinds([value])), scope)

    def _kinds(self, values: list[Json]) -> list[str]:
        """Return the data types of an anonymous map's values: all alike, so the first tells."""
        if not values:
            return []
        dimensions = len(concatenated(values[0]))
        if not self.by_address:
            return ["inet_service"]
        address = "ipv6_addr" if self._is_ipv6(values[0]) else "ipv4_addr"
        return [address, "inet_service"][:dimensions]

    def _is_ipv6(self, value: Json) -> bool:
        return self.template.version == 6 or (self.template.version is None and ":" in str(element_value(value)))

    def _act(self, value: Json, kinds: list[str]) -> tuple[Expression, ...] | None:
        target = nat_target(value, kinds)
        if target is None:
            return None
        addresses, ports = target
        return (_with(self.template, addresses or self.addresses, ports or self.ports),)

"""Reads ``snat``, ``dnat``, ``masquerade`` and ``redirect``, with constants, ranges, prefixes and maps.

Source: nftables src/json.c nat_stmt_json(); net/netfilter/nft_nat.c nft_nat_inet_eval() (the other family passes)
"""

import re
from typing import Literal

from hairpin.netfilter.ir import Expression, Nat, NatMap, Outside
from hairpin.netfilter.nft.expression_text import text_of
from hairpin.netfilter.nft.fields import network_needs
from hairpin.netfilter.nft.maps import choose, map_elements
from hairpin.netfilter.nft.operands import needs, operand
from hairpin.netfilter.nft.scope import MAX_OPTIONS, Choice, Parts, Scope
from hairpin.netfilter.nft.sets import concatenated, kinds_of, nat_elements, nat_target, plain_fields
from hairpin.netfilter.nft.syntax import Json, Object, content, element_value, named, pair, words
from hairpin.netfilter.nft.text import nat_text
from hairpin.netfilter.nft.values import interval

Kind = Literal["snat", "dnat", "masquerade", "redirect"]
Version = Literal[4, 6]

_ADDRESS4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_ADDRESS6 = re.compile(r"[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*")


def translation(name: Kind, inner: Json, scope: Scope) -> Parts:
    """Return the statement's translation, after the condition that its family implies."""
    body = content({name: inner})
    version = _version(body, scope)
    address, port = body.get("addr"), body.get("port")
    implied = network_needs(version, scope.family) if version is not None and "addr" in body else ()
    outside: Parts = (*implied, Outside(name, nat_text(name, inner)))
    flags = words(body.get("flags"))
    # nft prints even a range as a prefix, so only the flags show NETMAP.
    prefix = "netmap" in flags or "prefix" in words(body.get("type_flags"))
    template = Nat(name, flags=tuple(flag for flag in flags if flag != "netmap"), prefix=prefix, version=version)
    addresses, ports = _constant(address, version), _constant(port, None)
    if (address is None or addresses is not None) and (port is None or ports is not None):
        return (*implied, _with(template, addresses, ports))
    by_address, by_port = named(address) == "map", named(port) == "map"
    found: Parts | None = None
    if by_address and by_port:
        found = _both(template, content(address), content(port), scope)
    elif (by_address or by_port) and (port is None or by_port or ports is not None):
        mapped = _Mapped(template, by_address=by_address, addresses=addresses, ports=ports)
        found = mapped.parts(content(address if by_address else port), scope)
    if found is None:
        return outside
    return (*implied, *found) if isinstance(found, tuple) else Choice((*implied, *found.prefix), found.options)


def _both(template: Nat, address: Object, port: Object, scope: Scope) -> Choice | None:
    """Return the translation ``dnat to KEY map { … } : KEY map { … }``: an option of the choice for each pair of an
    element of the address map and an element of the port map.

    If both maps have the same key and the same elements' keys, only elements with the same key form a pair."""
    by_address = _Mapped(template, by_address=True, addresses=None, ports=None).choice(address, scope)
    by_port = _Mapped(template, by_address=False, addresses=None, ports=None).choice(port, scope)
    if by_address is None or by_port is None:
        return None
    conditions = [tuple(part[:-1] for part in each.options) for each in (by_address, by_port)]
    alike = address.get("key") == port.get("key") and set(conditions[0]) == set(conditions[1])
    options: list[tuple[Expression, ...]] = []
    for one in by_address.options:
        for other in by_port.options:
            target, with_port = one[-1], other[-1]
            if alike and one[:-1] != other[:-1]:
                continue
            if isinstance(target, Nat) and isinstance(with_port, Nat):
                questions = dict.fromkeys((*one[:-1], *other[:-1]))
                options.append((*questions, _with(template, target.addresses, with_port.ports)))
    prefix = tuple(dict.fromkeys((*by_address.prefix, *by_port.prefix)))
    return Choice(prefix, tuple(options)) if len(options) <= MAX_OPTIONS else None


def _version(body: Object, scope: Scope) -> Version | None:
    family = body.get("family", scope.family)
    if family in ("ip", "ip6"):
        return 4 if family == "ip" else 6
    # If nft does not print the family, the address shows the IP version.
    text = text_of(body.get("addr"))
    if _ADDRESS6.search(text):
        return 6
    return 4 if _ADDRESS4.search(text) else None


def _constant(value: Json, version: Version | None) -> tuple[int, int] | None:
    """Return an address, a port, or a range of addresses or ports as an inclusive range; None for anything else."""
    if value is None or named(value) == "map":
        return None
    return interval(value, "inet_service" if version is None else "ipv4_addr" if version == 4 else "ipv6_addr")


def _with(template: Nat, addresses: tuple[int, int] | None, ports: tuple[int, int] | None) -> Nat:
    return Nat(template.nat, addresses, ports, template.flags, template.prefix, template.version)


class _Mapped:
    """A translation for which a map chooses the address, the port, or both."""

    def __init__(
        self, template: Nat, *, by_address: bool, addresses: tuple[int, int] | None, ports: tuple[int, int] | None
    ) -> None:
        self.template = template
        self.by_address = by_address
        self.addresses = addresses
        self.ports = ports

    def parts(self, inner: Object, scope: Scope) -> Parts | None:
        """Return the translation that the map ``inner`` chooses; None if the map is unknown."""
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
        return self.choice(inner, scope)

    def choice(self, inner: Object, scope: Scope) -> Choice | None:
        """Return an option for each element of the map ``inner``; None if the map is unknown."""
        data = inner.get("data")
        elements = map_elements(data, scope)
        if elements is None:
            return None
        kinds = kinds_of(scope.maps[data[1:]].get("map"), scope.family) if isinstance(data, str) else None
        return choose(inner.get("key"), elements, lambda value: self._act(value, kinds or self._kinds([value])), scope)

    def _kinds(self, values: list[Json]) -> list[str]:
        """Return the data types of an anonymous map's values, as its first value shows them."""
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

"""Addresses that a container has only until its next start: nothing that outlives it may name them."""

from collections.abc import Iterator

from hairpin.host.host import Host
from hairpin.netfilter.ir import FieldMatch, Nat, Rule
from hairpin.network.prefix import Version, address_text


def addresses_of_today(rule: Rule, host: Host) -> Iterator[tuple[str, str]]:
    """Yield each container's address that the rule names, with the container's name."""
    for version, value in _named(rule):
        for container in host.containers():
            endpoints = host.engine_of(container).endpoints_of(container)
            own = ((each.ipv4 if version == 4 else each.ipv6) for each in endpoints)
            if value in own:
                yield address_text(value, version), container.name


def _named(rule: Rule) -> Iterator[tuple[Version, int]]:
    for part in rule.body:
        if isinstance(part, FieldMatch) and part.field in ("saddr4", "daddr4", "saddr6", "daddr6"):
            version: Version = 4 if part.field.endswith("4") else 6
            for first, last in part.ranges:
                if first == last:
                    yield version, first
        elif isinstance(part, Nat) and part.addresses is not None and part.addresses[0] == part.addresses[1]:
            yield (6 if part.version == 6 else 4), part.addresses[0]

"""The matches that open a service: its ports and protocols, and its conntrack helpers.

Source: firewall/core/fw_policy.py _service(), get_helpers_for_service_modules()
"""

from collections.abc import Iterator

from hairpin.errors import ChangeError
from hairpin.firewalls import fragments as words
from hairpin.firewalls.permanent import Permanent, PermanentHelper, PermanentService
from hairpin.message import message
from hairpin.netfilter.nft.syntax import Object

_VERSIONS: tuple[words.IpVersion, ...] = ("ipv4", "ipv6")


def with_included(within: Permanent, name: str) -> Iterator[PermanentService]:
    """Yield the services that the given service includes, and then the service itself.  An included service comes
    before the service that includes it.

    Raises ChangeError if a file was not read."""
    yield from _included(within, name, {name})


def _included(within: Permanent, name: str, seen: set[str]) -> Iterator[PermanentService]:
    found = within.services.get(name)
    if found is None:
        raise ChangeError(message("the file of firewalld's service {name} was not read", name=name))
    for each in found.includes:
        if each not in seen:
            seen.add(each)
            yield from _included(within, each, seen)
    yield found


def destinations(service: PermanentService, versions: tuple[words.IpVersion, ...] = _VERSIONS) -> list[list[Object]]:
    """Return the comparisons for the service's destination addresses.

    If the service fits every address, return a single empty list."""
    if not service.destinations:
        return [[]]
    told = (service.destinations[each] for each in versions if each in service.destinations)
    return [[words.address("daddr", each, {})] for each in told]


def openings(service: PermanentService) -> Iterator[Object]:
    """Yield the comparison for each port, protocol and source port of the service."""
    yield from (words.payload(protocol, "dport", words.port(port)) for port, protocol in service.ports)
    yield from (words.meta("l4proto", each) for each in service.protocols)
    yield from (words.payload(protocol, "sport", words.port(port)) for port, protocol in service.source_ports)


def helper_rules(within: Permanent, service: PermanentService) -> Iterator[tuple[Object, Object]]:
    """Yield the comparison of each port of the service's helpers, with the statement that assigns the helper."""
    for helper in sorted(_helpers(within, service), key=lambda each: each.name):
        for port, protocol in helper.ports:
            yield words.payload(protocol, "dport", words.port(port)), {"ct helper": f"helper-{helper.name}-{protocol}"}


def declared_helper(within: Permanent, name: str) -> Object:
    """Return the table's declaration of the helper that a rule assigns by this name.

    Source: firewall/core/nftables.py build_policy_helper_ports_rules()"""
    known, _, protocol = name.removeprefix("helper-").rpartition("-")
    helper = within.helpers[known]
    kind = helper.module.replace("_", "-").removeprefix("nf-conntrack-")
    family = {"ipv4": "ip", "ipv6": "ip6"}.get(helper.family, "inet")
    return {"name": name, "type": kind, "protocol": protocol, "l3proto": family}


def _helpers(within: Permanent, service: PermanentService) -> set[PermanentHelper]:
    found: set[PermanentHelper] = set()
    for name in (*service.modules, *service.helpers):
        helper = within.helpers.get(name)
        if helper is None:
            raise ChangeError(message("the file of firewalld's helper {name} was not read", name=name))
        if name in service.modules and not helper.ports:
            helper = within.helpers.get(helper.module.replace("_", "-").replace("nf-conntrack-", ""), helper)
        found.add(helper)
    return found

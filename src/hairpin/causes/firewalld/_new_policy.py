"""The commands that make a new policy of firewalld, for which a person has to choose the name."""

from collections.abc import Iterable

from hairpin.causes.firewalld._zones import zone_at
from hairpin.causes.kit import Iterator, Place, View
from hairpin.causes.rules._lifting import is_way_out
from hairpin.change.narrower import ALL_ACCEPTED
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP

_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "ipv6-icmp"}


def policy_commands(view: View, place: Place) -> Iterator[str]:
    """Yield the commands that make a firewalld policy which accepts the packet between the zones of its two links.
    The commands for several packets between the same zones differ only in the ports, so that one policy accepts all of
    them.  A policy for a container's way out accepts all packets between the zones.

    If a policy stopped the packet, the new policy gets the priority -32768, with which it comes before all other
    policies."""
    seen = view.stop.seen
    packet = seen.packet
    kind = _PROTOCOLS.get(packet.protocol or 0, str(packet.protocol))
    ingress, egress = zone_at(view, seen.iif, packet.saddr), zone_at(view, seen.oif, packet.daddr)
    has_port = packet.dport is not None and packet.protocol in (TCP, UDP)
    passing = f"--add-port={packet.dport}/{kind}" if has_port else f"--add-protocol={kind}"
    options = (
        *(("--set-priority=-32768",) if "_policy_" in place.chain else ()),
        ALL_ACCEPTED if is_way_out(view, place) else passing,
    )
    yield from new_policy(view, ingress, egress, options)


def new_policy(view: View, ingress: str, egress: str, options: Iterable[str]) -> Iterator[str]:
    """Yield the commands that make a policy with the options.

    Each option has its own command, because firewall-cmd accepts only one of these options per call.
    Source: firewall-cmd(1), firewalld.policies(5)"""
    name = _policy_name(view, ingress)
    yield f"firewall-cmd --permanent --new-policy={name}"
    for each in (f"--add-ingress-zone={ingress}", f"--add-egress-zone={egress}", *options):
        yield f"firewall-cmd --permanent --policy={name} {each}"
    yield "firewall-cmd --reload"


def _policy_name(view: View, zone: str) -> str:
    """Return a name that no policy of the host has: ``allow-ZONE``.  firewalld takes at most 18 characters.

    Source: firewalld src/firewall/functions.py max_policy_name_len()"""
    chains = {each.name for table in view.host_namespace.ruleset.tables for each in table.chains}
    names = (f"{f'allow-{zone}'[: 18 - len(end)]}{end}" for end in ("", *(f"-{number}" for number in range(2, 10))))
    return next((each for each in names if not any(f"policy_{each}" in chain for chain in chains)), "allow")

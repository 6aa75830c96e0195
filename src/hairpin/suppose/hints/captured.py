"""Hints from captured packets, such as a container's packets to the outside that still have the container's source
address."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from hairpin.evidence.told import Outcome
from hairpin.message import message
from hairpin.suppose.hints.hint import Hinted

_OF_NAT = "sudo iptables-save -t nat"
_POOLS = tuple(IPv4Network(each) for each in ("172.16.0.0/12", "10.88.0.0/16", "10.89.0.0/16", "10.4.0.0/24"))
"""The ranges from which Docker, Podman and nerdctl take the addresses of containers."""
_INNER = tuple(IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


def is_of_container(outcome: Outcome) -> bool:
    """Return whether a container sent the captured packet to the outside."""
    return _within(outcome.source, _POOLS) and _is_address(outcome.host) and not _within(outcome.host, _INNER)


def untranslated_packets(outcomes: tuple[Outcome, ...]) -> Iterator[Hinted]:
    """Yield the hint that a container's packets to an outside address leave untranslated: the capture shows them only
    with the container's own source.  On a host that masquerades, a capture of all links shows each packet a second
    time, with the host's source."""
    captured = tuple(each for each in outcomes if each.source)
    for each in captured:
        others = (one for one in captured if one.host == each.host and not _within(one.source, _POOLS))
        if each.failed and is_of_container(each) and not any(others):
            means = message(
                "Packets to {target} show only the container's own address {source} as their source: no rule "
                "translates it", target=each.host, source=each.source)  # fmt: skip
            yield Hinted("masquerade-missing", 20, means, each.line, each.target, command=_OF_NAT)
            return


def seen_coming_in(outcomes: tuple[Outcome, ...]) -> Iterator[Hinted]:
    """Yield the hint that captured packets to a container's own address come from another machine and get no answer."""
    for each in outcomes:
        to_container = _within(each.host, _INNER) and _within(each.source, _INNER) and each.protocol == "icmp"
        if each.tool == "tcpdump" and each.failed and to_container and not _within(each.source, _POOLS):
            means = message(
                "Packets from {source} for {target} come in and get no answer: this host does not forward these "
                "packets", source=each.source, target=each.host)  # fmt: skip
            shows = message("FORWARD has the policy DROP, and no rule accepts packets for a container's own address")
            yield Hinted("forward-policy-drop", 18, means, each.line, each.target, shows=shows)
            return


def _within(address: str, networks: tuple[IPv4Network, ...]) -> bool:
    return _is_address(address) and any(IPv4Address(address) in each for each in networks)


def _is_address(text: str) -> bool:
    octets = text.split(".")
    return len(octets) == 4 and all(each.isdigit() and int(each) < 256 for each in octets)

"""Hints from several quoted lines together: rules of a filtered listing, packets of a capture, answers to ARP.

People quote only the lines that they think matter (``iptables -t nat -vnL | grep 8080``).  No form recognises such
lines as an output.  Two contradicting lines together show more than each line alone.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted
from hairpin.suppose.hints.said_ranges import said_networks
from hairpin.suppose.hints.told_facts import stale_translation
from hairpin.words.hints import said_by_name

_DNAT = (
    Sought(r"\bDNAT\b.*?\bdpts?:(?P<port>\d+)\b.*?\bto:(?P<target>\d+\.\d+\.\d+\.\d+)"),
    Sought(r"--dport (?P<port>\d+)\b.*-j DNAT\b.*--to(?:-destination)? (?P<target>\d+\.\d+\.\d+\.\d+)"),
    Sought(r"\bdport (?P<port>\d+)\b.*\bdnat (?:ip )?to (?P<target>\d+\.\d+\.\d+\.\d+)"),
)
_NARROWED = Sought(r"(?<!\S)(?:! )?(?:-[sd] |-i (?!\S*docker|br-)|ip [sd]addr )")
_PACKET = Sought(
    r"(?:^|\s)(?P<source>\d+\.\d+\.\d+\.\d+|\([\w -]+\)|<[\w -]+>)\.(?P<sport>[\w-]+) > "
    r"(?P<target>\d+\.\d+\.\d+\.\d+|\([\w -]+\)|<[\w -]+>)\.(?P<dport>[\w-]+): Flags \[(?P<flags>[SRFP.]+)\]"
)
_WRONG_SOURCE = Sought(
    r"(?:response|reply"
    r"|answer)s? (?:came )?from (?:unexpected source:? )?\(?['\"]?(?P<got>\d+\.\d+\.\d+\.\d+)\D.{0,20}?"
    r"(?:instead of|expected|, not) \(?['\"]?(?P<wanted>\d+\.\d+\.\d+\.\d+)"
)
_ASKED = Sought(r"who[- ]has (?P<address>[\d.]{7,}|[0-9a-f:]{4,})", re.IGNORECASE)
_TOLD = Sought(r"(?:reply |tgt is )(?P<address>[\d.]{7,}|[0-9a-f:]{4,})(?: is-at)?", re.IGNORECASE)
_HELD = Sought(
    r"(?:reply from|from) (?P<address>\d+\.\d+\.\d+\.\d+) \[(?P<mac>[0-9A-Fa-f:]{17})\]"
    r"|(?P<address2>\d+\.\d+\.\d+\.\d+) is-at (?P<mac2>[0-9a-f:]{17})"
)
_BASE_CHAIN = Sought(r"type filter hook (?P<hook>input|forward)\b[^}]*?policy drop", re.IGNORECASE)
_RANGE = Sought(r"(?:--subnet[= ]|\bsubnet: ?[\"']?)(?P<range>\d+\.\d+\.\d+\.\d+/\d+)")
_OWNED = Sought(
    r"\b(?:ingress|overlay|docker network|docker0|br-\w+|compose network|bridge network)\b[^\n]{0,40}?"
    r"(?P<range>\d+\.\d+\.\d+\.\d+/\d+)"
)
_STACKED = Sought(r"(?:driver[=: ]\s*|-d )[\"']?(?:mac|ip)vlan\b")
"""Matches the driver of a network whose range is the LAN's by design."""
_LINES_OF_NETWORK = 8
"""A network's driver and its range are within so many lines, in a command as in a compose file."""
_FEWEST_ASKED = 2
_LONGEST = 200


def quoted_lines(lines: Iterable[tuple[int, str]]) -> Iterator[Hinted]:
    """Yield the hints that the quoted lines give."""
    kept = tuple(lines)
    yield from _two_translations(kept)
    yield from _packets(kept)
    yield from _wrong_source(kept)
    yield from _requests_only(kept)
    yield from _held_twice(kept)
    yield from _base_chains(kept)
    yield from _typed_range(kept)


def _two_translations(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of two quoted DNAT rules that translate one port to different targets."""
    first: dict[str, str] = {}
    for number, line in lines:
        found = next((match for each in _DNAT if (match := each.search(line)) is not None), None)
        if found is None or _NARROWED.search(line) is not None:
            continue
        port, target = found["port"], found["target"]
        if first.setdefault(port, target) != target:
            yield stale_translation(port, first[port], target, 24, number, line[:_LONGEST])
            return


def _packets(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of a captured packet that a machine sends to itself, and the hint of an answer from an address
    that was not asked."""
    asked: dict[tuple[str, str], tuple[str, str]] = {}
    for number, line in lines:
        found = _PACKET.search(line)
        if found is None:
            continue
        client = found["source"], found["sport"]
        if found["flags"] == "S" and found["source"] == found["target"] and not found["source"].startswith("127."):
            means = message(
                "A packet has {address} as source and as destination: a container asked its own published address, and "
                "no rule masqueraded the packet",
                address=found["source"],
            )
            yield Hinted("hairpin-masquerade-missing", 24, means, number, line[:_LONGEST])
            return
        if found["flags"] == "S":
            asked.setdefault(client, (found["target"], found["dport"]))
        target = asked.get((found["target"], found["dport"]))
        if found["flags"] == "S." and target is not None and target[0] != found["source"]:
            means = message(
                "The client asked {asked}, and {other} answers: the answer is not translated back on its way",
                            asked=target[0], other=found["source"])  # fmt: skip
            yield Hinted("br-netfilter-off-hairpin", 24, means, number, line[:_LONGEST])
            return


def _wrong_source(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint that a UDP client got its answer from an address that it had not asked."""
    for number, line in lines:
        found = _WRONG_SOURCE.search(line)
        if found is not None and found["got"] != found["wanted"]:
            means = message(
                "The client asked {asked}, and {other} answers: docker-proxy sends with the bridge's address",
                            asked=found["wanted"], other=found["got"])  # fmt: skip
            yield Hinted("docker-proxy-udp-wrong-source", 26, means, number, line[:_LONGEST])
            return


def _requests_only(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of an address for which a capture shows repeated requests and no answer."""
    told = {found["address"].lower() for _, line in lines for found in _TOLD.finditer(line)}
    counts: dict[str, int] = {}
    for number, line in lines:
        found = _ASKED.search(line)
        address = found["address"].lower() if found is not None else ""
        counts[address] = counts.get(address, 0) + 1
        if address and address not in told and counts[address] == _FEWEST_ASKED:
            means = message(
                "Requests for {address} are repeated in the capture, and nobody answers them", address=address
            )
            yield Hinted("arp-not-answered", 22, means, number, line[:_LONGEST])
            return


def _held_twice(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of an address for which two hardware addresses answer."""
    first: dict[str, str] = {}
    for number, line in lines:
        found = _HELD.search(line)
        if found is None:
            continue
        address, mac = found["address"] or found["address2"], (found["mac"] or found["mac2"]).lower()
        if first.setdefault(address, mac) != mac:
            means = message("Both {first} and {second} answer for {address}: two neighbours have the address",
                            address=address, first=first[address], second=mac)  # fmt: skip
            yield Hinted("address-held-twice", 26, means, number, line[:_LONGEST])
            return


def _base_chains(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of base chains of nftables with the policy drop, quoted from a file."""
    known: set[str] = set()
    for number, line in lines:
        for found in _BASE_CHAIN.finditer(line):
            hook = found["hook"].lower()
            if hook in known:
                continue
            known.add(hook)
            if hook == "forward":
                means = message("A base chain of nftables at hook forward has the policy drop: whatever another table "
                                "accepts, this chain drops it")  # fmt: skip
                yield Hinted("nft-base-chain-drop-other-table", 22, means, number, line[:_LONGEST])
            else:
                yield Hinted(
                    "input-drops-host-service",
                    14,
                    said_by_name("input"),
                    number,
                    line[:_LONGEST],
                    command="sudo nft list ruleset",
                )


def _typed_range(lines: tuple[tuple[int, str], ...]) -> Iterator[Hinted]:
    """Yield the hint of a new network whose typed range overlaps addresses that, as the text says, belong to another
    network."""
    stacked = [number for number, line in lines if _STACKED.search(line) is not None]
    ranges = (
        (number, line, found)
        for number, line in lines
        for each in (_RANGE, _OWNED)
        if (found := each.search(line)) is not None and _is_range(found["range"])
        if not any(abs(number - one) < _LINES_OF_NETWORK for one in stacked)
    )
    typed = [(number, line, IPv4Network(found["range"], strict=False)) for number, line, found in ranges]
    others = tuple((number, _OWNED.sub("", line)) for number, line in lines if _RANGE.search(line) is None)
    for number, line, own in typed:
        for said, network in said_networks(others):
            if own.overlaps(network):
                means = message(
                    "The network's range {range} covers {said}, which is elsewhere: the network's bridge takes the "
                    "packets for {said}",
                    range=str(own), said=said,
                )  # fmt: skip
                yield Hinted("bridge-subnet-overlaps-route", 24, means, number, line[:_LONGEST])
                return


def _is_range(text: str) -> bool:
    try:
        return bool(IPv4Network(text, strict=False).prefixlen)
    except ValueError:
        return False

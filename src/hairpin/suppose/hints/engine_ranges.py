"""Addresses elsewhere that lie inside a range of the engine's networks, as the text says.

The range is from ``docker network inspect`` or from a sentence ("the default bridge has the subnet 172.17.0.0/16").
The other network is named in words: "the Wi-Fi gives addresses from 172.18.0.0/16", "the LAN address 172.17.61.14".
The bridge of such a network takes the packets for the other network's machines.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import NamedTuple

from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_NUMBERS = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d\d?)?(?![\w/]|\.\d)"
_ADDRESS = Sought(_NUMBERS)
_SUBNET = Sought(r"\"subnet\":\s?\"([\d./]+)\"", re.IGNORECASE)
_OF_ENGINE = Sought(
    r"\b(?:docker0|default[ -]bridge|docker(?:'s)?|podman(?:'s)?|compose|bridge|br-\w+|containers?'?s?|ingress"
    r"|gwbridge)\b(?:(?!\b(?:lan|wlan|vpn|wi-?fi|but|and|while)\b)[^.;!?\n]|\.(?=\d)){0,60}?"
    rf"(?:\b(?:subnet\w*|range|network|pool|net|has|uses?|is)\b|网段|子网)[^.;!?\n\d]{{0,20}}(?P<range>{_NUMBERS})",
    re.IGNORECASE,
)
_BRIDGES_OWN = Sought(
    r"(?a:\bdocker0\b)[^.;!?\n\d，；]{0,30}?(?a:\b(?:ip|address|is|has|inet|gateway)\b|地址|网关|为|是)"
    rf"[^.;!?\n\d]{{0,20}}(?P<address>{_NUMBERS})",
    re.IGNORECASE,
)
"""Matches docker0's own address.  Such an address is the first of its range (172.17.42.1 in old versions), which is
a /16 unless a prefix says otherwise."""
_ELSEWHERE = Sought(
    r"\b(?:w?lan|wi-?fi|vpn|vlan|intranet|office|company(?:'s)?|corporate|home (?:network|router)|local network|router"
    r"|campus|data ?cent(?:er|re)|on-?prem\w*|hotspot|hotel)\b|内网|局域网|公司|办公",
    re.IGNORECASE,
)
_MACHINE = Sought(
    r"\b(?:servers?|database|db|registry|nas|printer|machine|computer|pc|laptop|api|proxy|(?<!docker )host)\b"
    r"|服务器|数据库|主机",
    re.IGNORECASE,
)
_OWN = Sought(
    r"\b(?:containers?(?:'s|s')?|docker0?|podman|bridge|br-\w+|compose|ingress|gateway of)\b|容器", re.IGNORECASE
)
_STACKED = Sought(r"\b(?:mac|ip)vlan\b")
"""Networks whose range is the range of the LAN by design."""
_BETWEEN = Sought(r"(?<!\d)[.](?=\s|$)|[;!?,](?=\s|$)|[。，；！？]|\b(?:but|while|whereas)\b")
_BEFORE, _BEHIND = 70, 30
_LONGEST = 600
_WEIGHT = 32
"""The text states both ranges in plain words or in an output, so the hint stands before causes of quoted errors."""


class _Owned(NamedTuple):
    """A range of the engine; ``place``: its line and its position, so that it is not taken for another network's."""

    range: IPv4Network
    place: tuple[int, int]


def covered_by_an_engine(
    lines: Iterable[tuple[int, str]], evidence: Iterable[Evidence], host: Host, flows: Iterable[Flow]
) -> Iterator[Hinted]:
    """Yield the hint that a told range of the engine covers an address of another network.

    ``flows``: the flows of the question; the address of a machine that only the word "server" or "host" tells counts
    if it is asked."""
    kept = tuple((number, line[:_LONGEST]) for number, line in lines)
    owned = (*_ranges_listed(evidence), *_ranges_said(kept))
    if not owned:
        return
    held = {str(IPv4Address(end.ipv4)) for each in host.containers() for end in each.endpoints if end.ipv4}
    asked = {str(IPv4Address(each.daddr)) for each in flows if each.version == 4}
    asked |= {each.container or "" for each in flows} | {each.of_container or "" for each in flows}
    taken = {each.place for each in owned}
    for number, line in kept:
        for found in _ADDRESS.finditer(line):
            network = _network(found[0])
            if network is None or (number, found.start()) in taken or found[0] in held:
                continue
            own = next((each.range for each in owned if each.range.overlaps(network)), None)
            if own is not None and _is_elsewhere(line, found, is_asked=found[0] in asked):
                means = message(
                    "The network's range {range} covers {said}, which is elsewhere: the network's bridge takes the "
                    "packets for {said}",
                    range=str(own), said=found[0],
                )  # fmt: skip
                quote = line[:200]
                yield Hinted("bridge-subnet-overlaps-route", _WEIGHT, means, number, quote)
                return


def _ranges_listed(evidence: Iterable[Evidence]) -> Iterator[_Owned]:
    """Yield the ranges that an output of the engine lists."""
    for one in evidence:
        for key in ("docker-networks", "podman-networks"):
            for reading in one.all(key):
                bridges = (line for line in reading.text.splitlines() if _STACKED.search(line) is None)
                for text in (text for line in bridges for text in _SUBNET.findall(line)):
                    if (network := _network(text)) is not None:
                        yield _Owned(network, (0, 0))


def _ranges_said(lines: tuple[tuple[int, str], ...]) -> Iterator[_Owned]:
    """Yield the ranges that a sentence gives to the engine's networks."""
    if any(_STACKED.search(line) is not None for _, line in lines):
        return
    for number, line in lines:
        for found in _OF_ENGINE.finditer(line):
            network = _network(found["range"])
            if network is not None and network.prefixlen < network.max_prefixlen:
                yield _Owned(network, (number, found.start("range")))
        for found in _BRIDGES_OWN.finditer(line):
            address = found["address"]
            network = _network(address if "/" in address else f"{address}/16")
            if network is not None and address.partition("/")[0].endswith((".0.1", ".42.1")):
                yield _Owned(network, (number, found.start("address")))


def _network(text: str) -> IPv4Network | None:
    try:
        found = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
    return found if found.prefixlen and not found.is_loopback else None


def _is_elsewhere(line: str, found: re.Match[str], *, is_asked: bool) -> bool:
    """Return whether the words nearest to the address name another network or, if the address is asked, another
    machine."""
    before = _BETWEEN.split(line[max(0, found.start() - _BEFORE) : found.start()])[-1] or ""
    behind = _BETWEEN.split(line[found.end() : found.end() + _BEHIND])[0] or ""
    if _OWN.search(behind) is not None:
        return False
    own = max((each.start() for each in _OWN.finditer(before)), default=-1)
    for pattern in (_ELSEWHERE, _MACHINE) if is_asked else (_ELSEWHERE,):
        named = max((each.start() for each in pattern.finditer(before)), default=-1)
        if named > own or pattern.search(behind) is not None:
            return True
    return False

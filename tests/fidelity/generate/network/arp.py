"""One namespace of a network that resolves its neighbours by ARP, and who answers.

Only one: the neighbours of the others are entered by hand, so they learn nothing from its requests.
"""

from collections.abc import Iterable

from hairpin.network.prefix import Version
from tests.fidelity.generate.plan import Dice

ASKS = 0.2
"""How often a namespace sends ARP requests, if nothing forbids it."""
WRONG = 0.04
"""How often there is a wrong entry, if one is possible."""


def resolver(dice: Dice, versions: tuple[Version, ...], containers: tuple[str, ...]) -> str:
    """Return the namespace that resolves: the host, a container, or none.  With IPv6, rules would count the
    solicitations."""
    if versions != (4,) or not containers or not dice.chance(ASKS):
        return ""
    return dice.pick(("host", "host", *containers))


def wrong_entry(dice: Dice, bridged: tuple[str, ...], routed: tuple[str, ...]) -> tuple[str, str]:
    """Return the namespace whose entry is wrong, and the neighbour. On a bridge the entry has another neighbour's
    hardware address, because a bridge would flood frames to an unknown one.
    """
    holders = (*(bridged if len(bridged) > 1 else ()), *routed)
    if not holders or not dice.chance(WRONG):
        return "", ""
    pair = ("host", dice.pick(holders))
    return pair if dice.chance(0.5) else (pair[1], pair[0])


_ARP = (
    ("arp_ignore", "0111222338"), ("arp_announce", "012"), ("arp_filter", "01"), ("proxy_arp", "01"),
    ("proxy_arp_pvlan", "01"),
)  # fmt: skip


def sysctls(dice: Dice, links: Iterable[str], *, often: float) -> tuple[tuple[str, str], ...]:
    """Return the sysctls of a namespace's ARP replies and requests.  A proxy answers at once, because the kernel would
    wait for a random time of up to 0.8 s."""
    drawn = tuple(
        (f"net/ipv4/conf/{link}/{key}", dice.pick(values))
        for link in links
        for key, values in _ARP
        if dice.chance(often)
    )
    proxies = dict.fromkeys(path.split("/")[3] for path, value in drawn if "proxy_arp" in path and value == "1")
    return (*drawn, *((f"net/ipv4/neigh/{link}/proxy_delay", "0") for link in proxies))

"""Takes readings from an evidence, in each way in which a host withholds them."""

from random import Random
from typing import Literal, get_args

import msgspec

from hairpin.evidence.reading import CUT, Evidence, Reading, is_trace

Way = Literal["gone", "denied", "failed", "no answer"]
WAYS: tuple[Way, ...] = get_args(Way)
_SAID: dict[Way, tuple[Literal["refused", "failed"], int, str]] = {
    "denied": ("refused", 1, "Permission denied"),
    "failed": ("failed", 2, "Bus error"),
    "no answer": ("failed", CUT, "no answer within the time limit"),
}
ALWAYS = frozenset({
    "ip-addr", "ip-route4", "ip-route6", "ip-rule4", "ip-rule6", "sysctl", "nft-tables", "iptables-nft-save4",
    "iptables-nft-save6", "iptables-legacy-save4", "iptables-legacy-save6", "docker-socket", "podman-version",
    "docker-containers", "docker-networks",
})  # fmt: skip
"""What every collector reads: an evidence without it is known to lack it."""


class Drop(msgspec.Struct, frozen=True):
    """Which readings are taken: of this key, in this namespace (None: in all)."""

    key: str
    netns: str | None
    way: Way

    def text(self) -> str:
        """Return the drop in words."""
        return f"{self.key} of {self.netns or 'all'}: {self.way}"


def without(evidence: Evidence, drop: Drop) -> Evidence:
    """Return the evidence as the host would have given it without them."""
    kept = (_taken(each, drop.way) if _is_of(each, drop) else each for each in evidence.readings)
    return msgspec.structs.replace(evidence, readings=tuple(each for each in kept if each is not None))


def _is_of(reading: Reading, drop: Drop) -> bool:
    return reading.key == drop.key and drop.netns in (None, reading.netns)


def _taken(reading: Reading, way: Way) -> Reading | None:
    if way == "gone":
        return None
    outcome, status, said = _SAID[way]
    return msgspec.structs.replace(reading, outcome=outcome, status=status, text=said)


def drawn(evidence: Evidence, random: Random) -> Drop:
    """Return a drop by chance: of what has a text, alone or in all namespaces."""
    there = sorted({(each.key, each.netns) for each in evidence.readings
                    if each.outcome == "text" and not is_trace(each.key)})  # fmt: skip
    key, netns = random.choice(there)
    ways: tuple[Way, ...] = WAYS if key in ALWAYS else tuple(each for each in WAYS if each != "gone")
    whole = random.random() < 0.5
    return Drop(key, None if whole else netns, random.choice(ways))

"""A program that breaks again what the guard heals: after so many heals the guard stops, and names both."""

from collections.abc import Iterator

import msgspec

from tests.heals.site import Site

_BREAK = "echo 0 > /proc/sys/net/ipv4/ip_forward"
MOST = 3


class Fight(msgspec.Struct, frozen=True):
    """What came of the fight."""

    heals: int
    reason: str
    culprits: tuple[str, ...]
    wrong: tuple[str, ...] = ()


def fought(site: Site) -> Fight:
    """Break until the guard stops."""
    wrong = list[str]()
    heals = 0
    while heals <= MOST:
        site.run(_BREAK)
        told = site.guard.until(lambda found: bool(found["healed"] or found["not_healed"]))
        if told is None:
            return Fight(heals, "", (), (*wrong, "the guard said nothing"))
        if told["healed"]:
            heals += 1
            if site.guard.until(lambda found: found["broken"] == 0) is None:
                wrong.append("it did not hold again")
            continue
        left = told["not_healed"][0]
        culprits = tuple(each["name"] for each in left["culprits"])
        wrong += _wrong(site, heals, left)
        return Fight(heals, left["reason"], culprits, tuple(wrong))
    return Fight(heals, "", (), (*wrong, "the guard did not stop"))


def _wrong(site: Site, heals: int, left: "dict[str, object]") -> Iterator[str]:
    if heals != MOST:
        yield f"it stopped after {heals} heals"
    if not left["fight"]:
        yield f"it did not say that it is a fight: {left['reason']}"
    if "hairpin" not in str(left["reason"]) or "sh" not in str(left["reason"]):
        yield "it did not name both"
    if site.lab.host.run("cat /proc/sys/net/ipv4/ip_forward").strip() != "0":
        yield "it changed the host although it had stopped"

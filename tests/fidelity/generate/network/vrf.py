"""Random VRFs: some links to containers and the second uplink are VRF ports, and routes lead in and out."""

from collections.abc import Iterator

from msgspec.structs import replace

from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import GATEWAYS, INSIDE, Dice, Plan

NAME, TABLE = "vrf0", 50


def planned(dice: Dice, made: Plan) -> Plan:
    """Return the plan with a VRF, or as it is.  Only IPv4's ways through a VRF are modelled exactly."""
    if not made.routed or made.narrow or not dice.chance(0.4):
        return made
    links = [f"r{name[1]}" for name in made.routed]
    if "up1" in made.links and not made.carried:
        links.append("up1")
    return replace(made, versions=(4,), tentative="", vrf=tuple(dice.some(links, 3)))


def setup(made: Plan) -> Iterator[str]:
    """Yield lines of ``ip -batch`` that make the VRF, before its links have addresses."""
    if made.vrf:
        yield f"link add {NAME} type vrf table {TABLE}"
        yield f"link set {NAME} addrgenmode none up"
        yield from (f"link set {link} master {NAME}" for link in made.vrf)


def routes(dice: Dice, made: Plan) -> Iterator[str]:
    """Yield routes of the VRF's table, and some that lead into it or out of it."""
    if not made.vrf:
        return
    uplinks = [link for link in made.links if link.startswith("up")]
    if dice.chance(0.8):
        way = dice.pick(uplinks)
        yield f"route add default via {GATEWAYS[4][way]} dev {way} table {TABLE}"
    elif dice.chance(0.5):
        yield f"route add unreachable default metric 9000 table {TABLE}"
    for name in made.routed:
        if f"r{name[1]}" in made.vrf and dice.chance(0.6):
            yield f"route add {INSIDE[4][name][1]} dev r{name[1]}"
    for name in made.bridged:
        if dice.chance(0.5):
            yield f"route add {INSIDE[4][name][0]} dev br0 table {TABLE}"


def without_unmodelled(texts: tuple[RuleText, ...]) -> tuple[RuleText, ...]:
    """Return rules without those that look up routes: the result of such a look-up in a VRF is not modelled."""
    return tuple(
        replace(each, rules=tuple(rule for rule in each.rules if not any(word in rule for word in _LOOKING_UP)))
        for each in texts
    )


_LOOKING_UP = ("fib ", "rpfilter", "--limit-iface", "socket")

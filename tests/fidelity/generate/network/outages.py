"""Faults of a network.

Links are down, have no carrier or a small MTU; programs on links drop packets; an address is tentative.
"""

import msgspec

from tests.fidelity.case import Judged, Program
from tests.fidelity.generate.plan import SECOND, Dice, Plan
from tests.fidelity.testbed.capabilities import program_hooks


def world(dice: Dice, made: Plan) -> tuple[str, ...]:
    """Return lines of ``ip -batch`` that take the carrier of uplinks away; a bond does not monitor it."""
    dark = [link for link in made.links if link.startswith("up") and dice.chance(0.06)]
    return tuple(f"link set w{link[2]} down" for link in dark if not (link == "up1" and made.carried == "bond"))


def host(dice: Dice, made: Plan, judged: Judged) -> Judged:
    """Return the host with some of its links down."""
    # A bond receives from its links even if it is down itself; the hunt's model begins at the bond.
    own = tuple(link for link in made.links if not (link == "up1" and made.carried == "bond"))
    links = (*own, *(f"v{name[1]}" for name in made.all_bridged()))
    broken = _with_outages(dice, judged, links, made)
    if not made.tentative:
        return broken
    added = f"addr add {SECOND[6][made.tentative]}/64 dev {made.tentative}"
    return msgspec.structs.replace(broken, outages=(added, *broken.outages))


def container(dice: Dice, made: Plan, judged: Judged, *, attached: bool) -> Judged:
    """Return a container with some of its links down."""
    stacked = judged.name.removeprefix("container:") in dict(made.stacked)
    return _with_outages(dice, judged, ("eth0",) if attached else (), made, stacked=stacked)


PROGRAMS = 0.03
"""How often a namespace has programs on its links."""
_MTUS = (1280, 1280, 1284, 1300, 1350, 1400, 1456)


def _with_outages(dice: Dice, judged: Judged, links: tuple[str, ...], made: Plan, *, stacked: bool = False) -> Judged:
    narrow, six = made.narrow, 6 in made.versions
    # A link on another link takes that link's MTU, so it has none of its own.
    own = [link for link in links if link not in ("bv0", "mv0") and not stacked]
    lines = [f"link set {link} mtu {dice.pick(_MTUS)}" for link in own if narrow and dice.chance(0.3)]
    lines += (f"link set {link} down" for link in links if dice.chance(0.05))
    if dice.chance(0.02) and not six:
        lines.append("link set lo down")
    ignoring = [(f"net/ipv{version}/conf/{link}/ignore_routes_with_linkdown", "1")
                for link in (*links, "all") for version in (4, 6) if dice.chance(0.15)]  # fmt: skip
    return msgspec.structs.replace(
        judged,
        outages=tuple(lines),
        sysctls=(*judged.sysctls, *ignoring),
        programs=_programs(dice, links) if links and not (narrow or made.asker) and dice.chance(PROGRAMS) else (),
    )


def _programs(dice: Dice, links: tuple[str, ...]) -> tuple[Program, ...]:
    """Return some programs, with different masks, so that they drop more or fewer packets."""
    found: list[Program] = []
    for hook in dice.some(program_hooks(), 2) if program_hooks() else ():
        mask = dice.pick((1, 2, 3, 3, 7))
        found.append(Program(dice.pick(links), hook, mask, dice.number(0, 7) & mask))
    return tuple(found)

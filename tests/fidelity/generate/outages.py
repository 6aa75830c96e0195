"""What is broken in a network: links that are down, or whose other end is, or that take less than others."""

import msgspec

from tests.fidelity.case import Judged
from tests.fidelity.generate.plan import Dice, Plan


def world(dice: Dice, made: Plan) -> tuple[str, ...]:
    """Return lines of ``ip -batch`` that take the carrier of uplinks away; a bond does not monitor it."""
    dark = [link for link in made.links if link.startswith("up") and dice.chance(0.06)]
    return tuple(f"link set w{link[2]} down" for link in dark if not (link == "up1" and made.carried == "bond"))


def host(dice: Dice, made: Plan, judged: Judged) -> Judged:
    """Return the host with some of its links down."""
    links = (*made.links, *(f"v{name[1]}" for name in made.all_bridged()))
    return _with_outages(dice, judged, links, made)


def container(dice: Dice, made: Plan, judged: Judged, *, attached: bool) -> Judged:
    """Return a container with some of its links down."""
    return _with_outages(dice, judged, ("eth0",) if attached else (), made)


_MTUS = (1280, 1280, 1284, 1300, 1350, 1400, 1456)


def _with_outages(dice: Dice, judged: Judged, links: tuple[str, ...], made: Plan) -> Judged:
    narrow, six = made.narrow, 6 in made.versions
    # A VLAN's link takes no more than the link below, whose MTU it follows.
    own = [link for link in links if link != "bv0"]
    lines = [f"link set {link} mtu {dice.pick(_MTUS)}" for link in own if narrow and dice.chance(0.3)]
    lines += (f"link set {link} down" for link in links if dice.chance(0.05))
    if dice.chance(0.02) and not six:
        lines.append("link set lo down")
    ignoring = [(f"net/ipv{version}/conf/{link}/ignore_routes_with_linkdown", "1")
                for link in (*links, "all") for version in (4, 6) if dice.chance(0.15)]  # fmt: skip
    return msgspec.structs.replace(judged, outages=tuple(lines), sysctls=(*judged.sysctls, *ignoring))

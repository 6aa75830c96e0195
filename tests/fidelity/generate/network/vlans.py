"""Random VLANs of a bridge that filters them."""

from collections.abc import Iterator

from tests.fidelity.generate.plan import IN_VLAN, MACS, Dice, Plan

VID = 10


def lines(dice: Dice, made: Plan) -> Iterator[str]:
    """Yield lines of ``bridge -batch``: ports in VLAN 1, in another one, or in both; untagged or tagged.

    Nothing is flooded: a hardware address is entered for each VLAN of its port, and unknown in the others.
    """
    own = "" if made.in_vlan and dice.chance(0.85) else dice.pick((" pvid untagged", " untagged", ""))
    if dice.chance(0.9):
        yield f"vlan add dev br0 vid {VID} self{own}"
    if dice.chance(0.1):
        yield "vlan del dev br0 vid 1 self"
    for name in made.bridged:
        port = f"v{name[1]}"
        yield f"link set dev {port} flood off"
        if dice.chance(0.5):
            yield from _member(name, dice.pick((" pvid untagged", " pvid untagged", " pvid", " untagged", "")))
        if dice.chance(0.25):
            yield f"vlan del dev {port} vid 1"
    if made.in_vlan:
        port = f"v{IN_VLAN[1]}"
        yield f"link set dev {port} flood off"
        usual = " pvid untagged" if made.in_vlan == "access" else ""
        how = usual if dice.chance(0.85) else dice.pick((" pvid untagged", " pvid", " untagged", ""))
        yield from _member(IN_VLAN, how)
        if dice.chance(0.6):
            yield f"vlan del dev {port} vid 1"


def _member(name: str, how: str) -> tuple[str, str]:
    port = f"v{name[1]}"
    return f"vlan add dev {port} vid {VID}{how}", f"fdb replace {MACS[name]} dev {port} master static vlan {VID}"

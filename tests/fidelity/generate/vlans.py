"""Random VLANs of a bridge that filters them."""

from collections.abc import Iterator

from tests.fidelity.generate.plan import MACS, Dice, Plan

_VID = 10


def lines(dice: Dice, made: Plan) -> Iterator[str]:
    """Yield lines of ``bridge -batch``: ports in VLAN 1, in another one, or in both; untagged or tagged.

    The bridge itself is in both: to a hardware address that it does not know there it would flood.
    """
    own = dice.pick(("", " pvid untagged", " untagged"))
    yield f"vlan add dev br0 vid {_VID} self{own}"
    for name in made.bridged:
        port = f"v{name[1]}"
        if dice.chance(0.6):
            yield f"vlan add dev {port} vid {_VID}{dice.pick((' pvid untagged', ' pvid untagged', ' untagged', ''))}"
            yield f"fdb replace {MACS[name]} dev {port} master static vlan {_VID}"
        if dice.chance(0.3):
            yield f"vlan del dev {port} vid 1"

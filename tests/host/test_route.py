"""Which neighbour entries the kernel never resolves again."""

from hairpin.host.route import Neighbour
from tests.rows import each_row

STATES = {"PERMANENT": True, "NOARP": True, "REACHABLE": False, "STALE": False, "FAILED": False, "NONE": False}


@each_row(("state", "static"), STATES.items())
def test_a_static_neighbour_entry_is_never_resolved(state: str, static: bool) -> None:
    assert Neighbour("eth0", 4, 7, 7, state).static is static
    assert not Neighbour("eth0", 4, 7, None, state, proxy=True).static

"""What is outside of the host is told, not done."""

from hairpin.change.change import ChangeWorld
from hairpin.message import message
from hairpin.network.world import World
from tests.remedy.situations import network, remedy, said


def test_only_advice() -> None:
    told = remedy(network(), ChangeWorld(World(), message("open the port in the security group")))
    assert (told.id, told.commands, told.persist) == ("change-outside", (), ())
    assert said(told) == "open the port in the security group"

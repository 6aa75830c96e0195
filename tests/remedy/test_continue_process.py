"""A process that goes on has nothing to keep."""

from hairpin.change.change import ContinueProcess
from tests.remedy.situations import HOST_NETNS, network, remedy


def test_it_is_told_to_go_on() -> None:
    told = remedy(network(), ContinueProcess(HOST_NETNS.host, 7))
    assert (told.id, told.commands, told.persist) == ("continue-process", ("kill -CONT 7",), ())

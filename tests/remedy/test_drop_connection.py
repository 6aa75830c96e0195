"""A stale entry does not come back, so nothing has to be kept."""

from hairpin.change.change import DropConnection
from tests.remedy.situations import HOST_NETNS, network, remedy


def test_nothing_to_keep() -> None:
    told = remedy(network(), DropConnection(HOST_NETNS, "e9"))
    assert (told.id, told.persist, told.persist_commands) == ("drop-connection", (), ())

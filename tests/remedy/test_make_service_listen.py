"""That something listens is a person's work."""

from hairpin.change.change import AddSocket
from hairpin.host.socket import Socket
from hairpin.message import message
from tests.remedy.situations import HOST_NETNS, network, remedy, said


def test_advice_and_no_command() -> None:
    part = AddSocket(
        HOST_NETNS.sibling("container:front"), Socket("tcp", 4, None, 80), message("start the service in front")
    )
    told = remedy(network(), part)
    assert (told.id, told.commands) == ("make-service-listen", ())
    assert str(told.advice[0]) == "start the service in front"
    assert "what is changed inside container front goes with it" in said(told)


def test_on_the_host_itself() -> None:
    told = remedy(network(), AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("start it")))
    assert said(told) == "start it"

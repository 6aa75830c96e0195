"""What is fixed at a container's creation is not repaired by the rules that prove it."""

from hairpin.change.change import SetContainer
from tests.remedy.situations import HOST_NETNS, insertion, network, remedy, said


def test_the_proofs_rules_are_not_offered_as_commands() -> None:
    told = remedy(network(), insertion("DOCKER", "-j ACCEPT"), cause="published-on-loopback-only")
    assert (told.id, told.commands, told.persist) == ("recreate-container", (), ())
    assert "change the compose file" in said(told)


def test_a_container_that_would_have_to_be_another() -> None:
    found = network()
    assert remedy(found, SetContainer(HOST_NETNS.host, found.this.containers()[0])).id == "recreate-container"

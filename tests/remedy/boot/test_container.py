"""The options with which a container is started or made."""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfUnit
from hairpin.change.calls import SetContainerState, SetUnitState
from hairpin.change.change import AddSocket, Change, SetContainer
from hairpin.host.contact import Tool
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from tests.remedy.situations import HOST_NETNS, insertion, network, remedy, said


def with_policy(policy: str, kind: Tool = "docker") -> tuple[Network, SetContainer]:
    found = network()
    engine = msgspec.structs.replace(found.this.engines[0], kind=kind)
    containers = tuple(msgspec.structs.replace(each, restart_policy=policy) for each in engine.containers)
    host = msgspec.structs.replace(found.this, engines=(msgspec.structs.replace(engine, containers=containers),))
    return msgspec.structs.replace(found, hosts=(host,)), SetContainer(HOST_NETNS.host, containers[0])


def test_a_restart_policy_is_proposed_if_there_is_none() -> None:
    found, part = with_policy("no")
    name = part.container.name
    told = remedy(found, part, calls=(SetContainerState("docker", "start", name),))
    assert (told.id, told.commands) == ("start-container", (f"docker start {name}",))
    assert told.persist_commands == (f"docker update --restart unless-stopped {name}",)


def test_the_start_of_the_engine_keeps_the_asked_container_up_and_no_other() -> None:
    found, part = with_policy("no")
    name = part.container.name
    calls = (SetUnitState("start", "docker"), SetContainerState("docker", "start", name))
    for asked in (name, None):
        where = OfUnit("docker.service", "stopped", asked)
        candidate = Candidate(message("-"), message("-"), Change((part,), calls), where, "switched-off")
        (told,) = remedies("docker-daemon-not-running", candidate, found)
        kept = f"docker update --restart unless-stopped {name}"
        assert (kept in told.persist_commands) is (asked is not None)


def test_a_restart_policy_that_is_there_stays() -> None:
    found, part = with_policy("always")
    told = remedy(found, part, calls=(SetContainerState("docker", "unpause", part.container.name),))
    assert told.persist_commands == ()


def test_podman_starts_only_what_always_starts_at_boot() -> None:
    for policy, kept in (("unless-stopped", ("podman update --restart always plain",)), ("always", ())):
        found, part = with_policy(policy, "podman")
        told = remedy(found, part, calls=(SetContainerState("podman", "start", part.container.name),))
        assert tuple(each for each in told.persist_commands if "--restart" in each) == kept


def test_rules_that_only_prove_the_cause_are_no_commands() -> None:
    told = remedy(network(), insertion("DOCKER", "-j ACCEPT"), cause="published-on-loopback-only")
    assert (told.id, told.commands, told.persist) == ("recreate-container", (), ())
    assert "change the compose file" in said(told)


def test_a_changed_container_has_to_be_recreated() -> None:
    found = network()
    assert remedy(found, SetContainer(HOST_NETNS.host, found.this.containers()[0])).id == "recreate-container"


def test_a_service_in_a_container_has_advice_and_no_command() -> None:
    part = AddSocket(
        HOST_NETNS.sibling("container:front"), Socket("tcp", 4, None, 80), message("start the service in front")
    )
    told = remedy(network(), part)
    assert (told.id, told.commands) == ("make-service-listen", ())
    assert str(told.advice[0]) == "start the service in front"
    assert "a change inside container front is lost when it is recreated" in said(told)


def test_a_service_on_the_host_has_advice() -> None:
    told = remedy(network(), AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("start it")))
    assert said(told) == "start it"


def test_a_container_that_is_only_restarted_keeps_its_restart_policy() -> None:
    found, part = with_policy("no")
    name = part.container.name
    told = remedy(found, part, calls=(SetContainerState("docker", "restart", name),))
    assert told.persist_commands == ()
    assert "the engine makes the missing parts again whenever it starts the container" in said(told)

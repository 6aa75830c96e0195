"""Two recorded hosts of a user's dockerd, with real connections.

``20.10-rootless``: rootlesskit's own port driver and slirp4netns.  ann's ``web`` is restarted always and publishes
8080, ``bad`` publishes 8081 and listens on its own loopback; ``db`` is on the network n2 and published on 127.0.0.1,
``asks`` is on n2, too.  Host 198.51.100.11 serves port 7000 itself.
``26.1-rootless-pasta``: rootlesskit's port driver ``implicit``, which is pasta; ``web`` and ``bad`` alone.
"""

import functools
import re
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer, Depth
from hairpin.answer.ask import ask
from hairpin.apply.restoring import restore_plan
from hairpin.change.step import LoadRules
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.words import Words

_FOLDER = Path(__file__).parent.parent / "fixtures" / "docker-hosts"
_OWN_DRIVER, _PASTA = "20.10-rootless", "26.1-rootless-pasta"


@functools.cache
def evidence(name: str = _OWN_DRIVER) -> Evidence:
    return load(_FOLDER / f"{name}.hairpin")


def answer(
    start: str, target: str, after: str | None = None, depth: Depth = "events", host: str = _OWN_DRIVER
) -> Answer:
    return ask(parse_question("check", (target,), start, (), World(), after=after), (evidence(host),), depth=depth)


# the sender, the target, what the connection did
CONNECTIONS: dict[str, tuple[str, str, str]] = {
    "from outside": ("192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "from outside, to a service on the container's loopback": ("192.0.2.10", "198.51.100.11:8081/tcp", "refused"),
    "from the host, published on loopback": ("host", "127.0.0.1:5432/tcp", "delivered"),
    "from outside, published on loopback": ("192.0.2.10", "198.51.100.11:5432/tcp", "refused"),
    "on the same network": ("container:asks", "172.18.0.2:80/tcp", "delivered"),
    "on another network": ("container:web", "172.18.0.2:80/tcp", "dropped"),
    "its own published port": ("container:web", "198.51.100.11:8080/tcp", "delivered"),
    "another's published port": ("container:asks", "198.51.100.11:8080/tcp", "delivered"),
    "a port that is published on the host's loopback": ("container:asks", "198.51.100.11:5432/tcp", "refused"),
    "a service of the host": ("container:web", "198.51.100.11:7000/tcp", "delivered"),
    "the host's loopback, which slirp4netns hides": ("container:web", "10.0.2.2:8080/tcp", "rejected"),
    "its bridge's address": ("container:web", "172.17.0.1:8080/tcp", "refused"),
    "the other network's bridge's address": ("container:web", "172.18.0.1:8080/tcp", "refused"),
    "the outside": ("container:asks", "203.0.113.80:443/tcp", "leaves"),
    "its name server": ("container:web", "10.0.2.3:53/udp", "leaves"),
}


@pytest.mark.parametrize(("start", "target", "real"), CONNECTIONS.values(), ids=CONNECTIONS)
def test_the_walk_through_the_dockerds_namespace_agrees_with_real_connections(
    start: str, target: str, real: str
) -> None:
    assert [each.verdict for each in answer(start, target, depth="flows").flows] == [real]


BY_PASTA: dict[str, tuple[str, str, str]] = {
    "from outside": ("192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "over IPv6": ("2001:db8:ffff::10", "[2001:db8:2::11]:8080/tcp", "refused"),
    "to a service on the container's loopback": ("192.0.2.10", "198.51.100.11:8081/tcp", "refused"),
    "from the host's loopback": ("host", "127.0.0.1:8080/tcp", "delivered"),
    "from the host": ("host", "198.51.100.11:8080/tcp", "delivered"),
    "a service of the host": ("container:web", "198.51.100.11:7000/tcp", "delivered"),
    "its bridge's address, at which docker-proxy listens here": ("container:web", "172.17.0.1:8080/tcp", "delivered"),
    "its name server": ("container:web", "10.0.2.3:53/udp", "leaves"),
}


@pytest.mark.parametrize(("start", "target", "real"), BY_PASTA.values(), ids=BY_PASTA)
def test_the_walk_behind_pasta_agrees_with_real_connections(start: str, target: str, real: str) -> None:
    assert [each.verdict for each in answer(start, target, depth="flows", host=_PASTA).flows] == [real]


def test_pasta_of_one_family_publishes_for_this_family_alone() -> None:
    found = answer("2001:db8:ffff::10", "[2001:db8:2::11]:8080/tcp", host=_PASTA)
    (cause,) = (each for each in found.causes if each.severity == "blocking")
    assert cause.id == "published-for-other-family"
    assert "DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=--ipv6" in Words("en")(cause.remedies[0].advice[0])


EVENTS: dict[str, tuple[str, str, str, str]] = {
    "restarted": ("container-restart:web", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "made anew": ("container-recreate:db", "host", "127.0.0.1:5432/tcp", "delivered"),
    "stopped": ("container-stop:web", "192.0.2.10", "198.51.100.11:8080/tcp", "refused"),
    "rebooted": ("reboot", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "rebooted, without a restart policy": ("reboot", "host", "127.0.0.1:5432/tcp", "refused"),
}


@pytest.mark.parametrize(("event", "start", "target", "real"), EVENTS.values(), ids=EVENTS)
def test_an_event_is_foretold(event: str, start: str, target: str, real: str) -> None:
    assert [each.verdict for each in answer(start, target, event, depth="flows").flows] == [real]


CAUSES: dict[str, tuple[str, str, str]] = {
    "the container's loopback": ("192.0.2.10", "8081", "service-listens-on-container-loopback"),
    "another network": ("container:web", "172.18.0.2:80", "isolation-drops-between-bridges"),
    "the bridge is not the host": ("container:web", "172.17.0.1:8080", "loopback-is-the-container"),
    "published on loopback": ("192.0.2.10", "5432", "published-on-loopback-only"),
}


@pytest.mark.parametrize(("start", "target", "cause"), CAUSES.values(), ids=CAUSES)
def test_the_cause_is_named(start: str, target: str, cause: str) -> None:
    assert [each.id for each in answer(start, target).causes if each.severity == "blocking"] == [cause]


def test_a_service_of_the_host_is_asked_at_an_address_of_the_host() -> None:
    (cause,) = (each for each in answer("container:web", "172.17.0.1:8080").causes if each.severity == "blocking")
    (said,) = cause.remedies[0].advice
    assert Words("en")(said) == "write 198.51.100.11:8080 instead of 172.17.0.1 in the configuration of web"


def test_a_stopped_container_is_started_by_its_users_dockerd() -> None:
    found = answer("192.0.2.10", "8080", "container-stop:web")
    (cause,) = (each for each in found.causes if each.id == "container-not-running")
    (command,) = cause.remedies[0].commands
    assert command.endswith("-- ann sh start web")
    assert 'docker -H "unix:///run/user/$(id -u)/docker.sock"' in command


def test_the_engine_is_anns() -> None:
    (engine,) = parse(evidence()).engines
    assert (engine.kind, engine.rootless, engine.user, engine.uid, engine.lingers) == (
        "docker", True, "ann", 1000, True,
    )  # fmt: skip
    assert engine.network_stack == "slirp4netns:allow_host_loopback=false"
    assert engine.command("logs", "web") == "docker -H unix:///run/user/1000/docker.sock logs web"


def flushed(chain: str = "POSTROUTING") -> Evidence:
    """Return the evidence in which ann's dockerd has lost the rules of this chain of nat."""
    readings = tuple(
        msgspec.structs.replace(each, text=re.sub(rf"(?m)^(\[\d+:\d+\] )?-A {chain} .*\n", "", each.text))
        if each.netns.endswith("-docker") and each.key.startswith("iptables")
        else each
        for each in evidence().readings
    )
    return msgspec.structs.replace(evidence(), readings=readings)


def test_lost_rules_in_the_dockerds_namespace_are_named_and_restored_there() -> None:
    question = parse_question("check", ("203.0.113.80:443/tcp",), "container:asks", (), World())
    found = ask(question, (flushed(),), depth="events")
    (cause,) = (each for each in found.causes if each.severity == "blocking")
    assert cause.id == "masquerade-missing"
    plan = restore_plan(ask(parse_question("check", (), None, (), World()), (flushed(),)))
    (loss,) = plan.lost
    assert loss.netns.is_rootless_dockerds
    assert {each.chain for each in loss.missing.rules} == {"POSTROUTING"}
    made = [step for repair in plan.plan.repairs for step in repair.remedy.steps]
    assert [isinstance(each, LoadRules) and each.entering[:1] for each in made] == [("nsenter",)]


def test_a_dockerd_of_a_user_that_has_its_rules_lacks_none() -> None:
    for name in (_OWN_DRIVER, _PASTA):
        plan = restore_plan(ask(parse_question("check", (), None, (), World()), (evidence(name),)))
        assert (plan.lost, plan.undecided) == ((), ())


def test_the_users_dockerd_writes_these_rules_itself() -> None:
    question = parse_question("check", ("203.0.113.80:443/tcp",), "container:asks", (), World())
    (cause,) = (each for each in ask(question, (flushed(),), depth="events").causes if each.severity == "blocking")
    said = " ".join(map(Words("en"), cause.remedies[0].advice))
    assert "the engine writes them itself at each start" in said
    assert "when the container stops" not in said

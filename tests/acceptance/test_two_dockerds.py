"""A recorded host with root's dockerd and a user's beside it, with real connections.

Docker 26.1.5; rootlesskit's own port driver and slirp4netns.  Root's ``shop`` publishes 8090 and has 172.17.0.2,
``blog`` has 172.17.0.3.  ann's ``web`` has 172.17.0.2, too, behind the docker0 of her own namespace, and publishes 8080
and 5353/udp; ``api`` and ``db`` are on her network ``back``, and ``api`` is published on 127.0.0.1:8081 and on
198.51.100.11:8082.
"""

import functools
from pathlib import Path

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.restoring import restore_plan
from hairpin.change.step import LoadRules
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.words import Words

_RECORDED = Path(__file__).parent.parent / "fixtures" / "docker-hosts" / "26.1-rootless-beside.hairpin"
_OF_ANN = "runuser -u ann -- "


@functools.cache
def evidence() -> Evidence:
    return load(_RECORDED)


@functools.cache
def host() -> Host:
    return parse(evidence())


@functools.cache
def unasked() -> Evidence:
    """Return the evidence of a collector that did not ask ann's dockerd, and read its namespace all the same."""
    left = (each for each in evidence().readings if not each.origin.startswith(_OF_ANN))
    return msgspec.structs.replace(
        evidence(), readings=tuple(each for each in left if not each.netns.startswith("container:ann."))
    )


def answer(start: str, target: str, after: str | None = None, read: Evidence | None = None) -> Answer:
    return ask(
        parse_question("check", (target,), start, (), World(), after=after), (read or evidence(),), depth="flows"
    )


# the sender, the target, what the connection did
CONNECTIONS: dict[str, tuple[str, str, str]] = {
    "a port of root's": ("192.0.2.10", "198.51.100.11:8090/tcp", "delivered"),
    "a port of ann's, of a container with the same address": ("192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "over IPv6": ("2001:db8:ffff::10", "[2001:db8:2::11]:8080/tcp", "delivered"),
    "datagrams": ("192.0.2.10", "198.51.100.11:5353/udp", "delivered"),
    "on another network of ann's": ("192.0.2.10", "198.51.100.11:8082/tcp", "delivered"),
    "published on loopback": ("192.0.2.10", "198.51.100.11:8081/tcp", "refused"),
    "from the host's loopback": ("host", "127.0.0.1:8081/tcp", "delivered"),
    "root's container asks ann's": ("container:shop", "198.51.100.11:8080/tcp", "delivered"),
    "rootlesskit answers root's container from docker0": ("container:shop", "198.51.100.11:5353/udp", "unanswered"),
    "ann's container asks root's": ("container:db", "198.51.100.11:8090/tcp", "delivered"),
    "ann's containers of one network": ("container:db", "172.18.0.2:80/tcp", "delivered"),
    "the address that both have, from ann's own": ("container:web", "172.17.0.2:80/tcp", "delivered"),
    "the outside": ("container:db", "203.0.113.80:443/tcp", "leaves"),
}


@pytest.mark.parametrize(("start", "target", "real"), CONNECTIONS.values(), ids=CONNECTIONS)
def test_the_walk_agrees_with_real_connections(start: str, target: str, real: str) -> None:
    assert [each.verdict for each in answer(start, target).flows] == [real]


def test_datagrams_that_rootlesskit_answers_from_another_address_have_their_cause() -> None:
    question = parse_question("check", ("198.51.100.11:5353/udp",), "container:shop", (), World())
    (cause,) = (each for each in ask(question, (evidence(),)).causes if each.severity == "blocking")
    assert cause.id == "docker-proxy-udp-wrong-source"
    assert Words("en")(cause.candidate.title) == "rootlesskit answers from 172.17.0.1, not from 198.51.100.11"
    assert "-p 198.51.100.11:5353:53/udp" in Words("en")(cause.remedies[0].advice[0])
    assert not any("Docker 28" in Words("en")(each) for each in cause.remedies[0].advice)


def test_root_has_no_way_to_the_containers_of_ann() -> None:
    (flow,) = answer("container:shop", "172.18.0.2:80/tcp").flows
    assert not flow.trace.succeeds


EVENTS: dict[str, tuple[str, str, str, str]] = {
    "root's dockerd restarts, and shop is not restarted": ("docker-restart", "host", "127.0.0.1:8090/tcp", "refused"),
    "ann's does not": ("docker-restart", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "nor do her resolvers": ("docker-restart", "container:db", "127.0.0.11:53/udp", "delivered"),
    "a restart of root's": ("container-restart:shop", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "a restart of ann's": ("container-restart:db", "container:db", "172.18.0.2:80/tcp", "delivered"),
    "a stop of ann's": ("container-stop:web", "192.0.2.10", "198.51.100.11:8080/tcp", "refused"),
    "a boot: linger starts ann's dockerd": ("reboot", "192.0.2.10", "198.51.100.11:8082/tcp", "refused"),
}


@pytest.mark.parametrize(("event", "start", "target", "real"), EVENTS.values(), ids=EVENTS)
def test_an_event_of_one_is_none_of_the_other(event: str, start: str, target: str, real: str) -> None:
    assert [each.verdict for each in answer(start, target, event).flows] == [real]


def test_the_two_are_engines_of_the_host() -> None:
    assert [(each.kind, each.user, each.uid, each.rootless) for each in host().engines] == [
        ("docker", "", 0, False), ("docker", "ann", 1000, True),
    ]  # fmt: skip
    assert [(each.user, each.endpoint) for each in host().contacts] == [
        ("", "unix:///run/docker.sock"), ("ann", "unix:///run/user/1000/docker.sock"),
    ]  # fmt: skip
    assert host().beside == ()
    assert {each.name: each.netns for each in host().containers()} == {
        "shop": "container:shop", "blog": "container:blog", "web": "container:ann.web", "api": "container:ann.api",
        "db": "container:ann.db",
    }  # fmt: skip


def test_a_name_that_both_have_is_roots() -> None:
    renamed = tuple(
        msgspec.structs.replace(each, text=each.text.replace('"Name":"/web"', '"Name":"/shop"'))
        for each in evidence().readings
    )
    both = parse(msgspec.structs.replace(evidence(), readings=renamed))
    assert [each.netns for each in both.containers() if each.name == "shop"] == ["container:shop", "container:ann.web"]
    assert [each.netns for each in both.containers_named("shop")] == ["container:shop"]


FROM_OUTSIDE = {"8080/tcp": "depends", "5353/udp": "depends", "8082/tcp": "depends", "8090/tcp": "delivered"}


@pytest.mark.parametrize(("port", "verdict"), FROM_OUTSIDE.items())
def test_a_port_of_a_dockerd_that_was_not_asked_is_undecided(port: str, verdict: str) -> None:
    found = answer("192.0.2.10", f"198.51.100.11:{port}", read=unasked())
    assert [each.verdict for each in found.flows] == [verdict]
    assert "DOCKER_HOST=unix:///run/user/1000/docker.sock hairpin check" in " ".join(map(Words("en"), found.notes))


def test_the_namespace_of_a_dockerd_that_was_not_asked_is_not_walked() -> None:
    assert not any(each.name.endswith("-docker") for each in parse(unasked()).namespaces)
    assert any(each.name.endswith("-docker") for each in host().namespaces)


def flushed() -> Evidence:
    """Return the evidence in which both have lost their rules of nat."""
    readings = tuple(
        msgspec.structs.replace(each, text="\n".join(li for li in each.text.split("\n") if "-A POSTROUTING" not in li))
        if each.key.startswith("iptables") and (each.netns == "host" or each.netns.endswith("-docker"))
        else each
        for each in evidence().readings
    )
    return msgspec.structs.replace(evidence(), readings=readings)


def test_each_gets_its_rules_where_they_are() -> None:
    plan = restore_plan(ask(parse_question("check", (), None, (), World()), (flushed(),)))
    assert [(each.engine.user, each.netns.is_host) for each in plan.lost] == [("", True), ("ann", False)]
    made = [step for repair in plan.plan.repairs for step in repair.remedy.steps if isinstance(step, LoadRules)]
    assert {each.entering[:1] for each in made} == {(), ("nsenter",)}


def test_neither_lacks_rules() -> None:
    plan = restore_plan(ask(parse_question("check", (), None, (), World()), (evidence(),)))
    assert (plan.lost, plan.undecided) == ((), ())

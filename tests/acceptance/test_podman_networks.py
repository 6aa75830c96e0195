"""Recorded hosts of Podman 5.4 with netavark 1.14 (nftables), with real connections (``make today``).

``rootless-networks``: ann's ``web`` on the networks back and inner, ``db`` on inner, ``api`` and ``mail`` on two; the
networks are in a namespace to which pasta gives a copy of the host's address.  ``netavark-nftables``: root's ``web`` on
Podman's default network, restarted with the host, ``api`` and ``db`` on back.  ``netavark-firewalld``: the same, with
netavark's driver firewalld.
"""

import functools
from pathlib import Path

import pytest

from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.words import Words

_FIXTURES = Path(__file__).parent.parent / "fixtures" / "podman"


@functools.cache
def evidence(name: str) -> Evidence:
    return load(_FIXTURES / f"{name}.hairpin")


def verdict(name: str, start: str, target: str, after: str | None = None) -> str:
    question = parse_question("check", (target,), start, (), World(), after=after)
    (flow,) = ask(question, (evidence(name),), depth="flows").flows
    return flow.verdict


# the sender, the target, what the connection did
ROOTLESS: dict[str, tuple[str, str, str]] = {
    "on the same network": ("container:web", "10.89.1.3:80/tcp", "delivered"),
    "on another network": ("container:web", "10.91.0.3:80/tcp", "delivered"),
    "from an internal network": ("container:db", "10.91.0.3:80/tcp", "rejected"),
    "a service of the host, at the address that pasta copies": ("container:web", "198.51.100.11:7000/tcp", "refused"),
    "a service of the host, at Podman's address for it": ("container:web", "169.254.1.2:7000/tcp", "delivered"),
    "another's published port, which the namespace's own rules lead on": (
        "container:web", "198.51.100.11:8081/tcp", "delivered",
    ),
    "its bridge's address": ("container:web", "10.89.0.1:7000/tcp", "refused"),
    "the host's neighbour": ("container:web", "198.51.100.20:9001/tcp", "leaves"),
    "the outside": ("container:web", "203.0.113.80:443/tcp", "leaves"),
    "its name server": ("container:web", "10.89.0.1:53/udp", "delivered"),
    "from outside": ("192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
}  # fmt: skip


@pytest.mark.parametrize(("start", "target", "real"), ROOTLESS.values(), ids=ROOTLESS)
def test_the_walk_through_a_users_networks_agrees_with_real_connections(start: str, target: str, real: str) -> None:
    assert verdict("rootless-networks", start, target) == real


def test_no_link_of_the_host_leads_into_a_users_networks_though_the_numbers_fit() -> None:
    network = Network((parse(evidence("rootless-networks")),))
    found = ask(
        parse_question("check", ("198.51.100.11:8080/tcp",), "host", (), World()),
        (evidence("rootless-networks"),), depth="flows",
    ).flows  # fmt: skip
    assert any(each.name.startswith("netns:rootless-") for each in network.this.namespaces)
    assert not any("eth1" in step.link for step in found[0].trace.usual.request)


# the event, the sender, the target, what the connection did after it
ROOTLESS_EVENTS: dict[str, tuple[str, str, str, str]] = {
    "restarted, from outside": ("container-restart:web", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "restarted, by the rules of the user's networks": (
        "container-restart:web", "container:api", "198.51.100.11:8080/tcp", "delivered",
    ),
    "restarted, at its next address": ("container-restart:web", "container:db", "10.89.1.4:80/tcp", "delivered"),
    "restarted, its own way out": ("container-restart:web", "container:web", "203.0.113.80:443/tcp", "leaves"),
    "restarted, to another": ("container-restart:web", "container:web", "10.91.0.3:80/tcp", "delivered"),
    "another one restarted": ("container-restart:api", "container:web", "198.51.100.11:8081/tcp", "delivered"),
    "made anew": ("container-recreate:web", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "stopped": ("container-stop:web", "192.0.2.10", "198.51.100.11:8080/tcp", "refused"),
    "rebooted": ("reboot", "192.0.2.10", "198.51.100.11:8080/tcp", "refused"),
}  # fmt: skip


@pytest.mark.parametrize(("event", "start", "target", "real"), ROOTLESS_EVENTS.values(), ids=ROOTLESS_EVENTS)
def test_an_event_of_a_users_networks_is_foretold(event: str, start: str, target: str, real: str) -> None:
    assert verdict("rootless-networks", start, target, event) == real


# the event, the port asked from outside, what the connection did after it
EVENTS: dict[str, tuple[str, str, str]] = {
    "restarted, with the next address": ("container-restart:web", "8080/tcp", "delivered"),
    "restarted, UDP": ("container-restart:web", "5353/udp", "delivered"),
    "made anew": ("container-recreate:web", "8080/tcp", "delivered"),
    "another one": ("container-restart:web", "8082/tcp", "delivered"),
    "stopped": ("container-stop:web", "8080/tcp", "refused"),
    "another one's stop": ("container-stop:db", "8082/tcp", "delivered"),
    "rebooted": ("reboot", "8080/tcp", "delivered"),
    "rebooted, not restarted": ("reboot", "8082/tcp", "refused"),
    "the unit restarted": ("podman-restart", "8080/tcp", "delivered"),
}


@pytest.mark.parametrize(("event", "port", "real"), EVENTS.values(), ids=EVENTS)
def test_netavarks_rules_follow_a_container_through_events(event: str, port: str, real: str) -> None:
    assert verdict("netavark-nftables", "192.0.2.10", f"198.51.100.11:{port}", event) == real


def test_the_address_that_pasta_copies_is_no_service_to_start() -> None:
    question = parse_question("check", ("198.51.100.11:7000/tcp",), "container:web", (), World())
    answer = ask(question, (evidence("rootless-networks"),))
    (cause,) = (each for each in answer.causes if each.severity == "blocking")
    assert cause.id == "loopback-is-the-container"
    (said,) = cause.remedies[0].advice
    assert (
        Words("en")(said) == "write host.containers.internal:7000 instead of 198.51.100.11 in the configuration of web"
    )


# the event, the sender, the target, what the connection did after it
BY_FIREWALLD: dict[str, tuple[str, str, str, str]] = {
    "restarted, with the next address": ("container-restart:web", "192.0.2.10", "198.51.100.11:8080/tcp", "delivered"),
    "restarted, from the host's loopback": ("container-restart:web", "host", "127.0.0.1:8080/tcp", "delivered"),
    "restarted, from another": ("container-restart:web", "container:db", "198.51.100.11:8080/tcp", "delivered"),
    "another one": ("container-restart:web", "192.0.2.10", "198.51.100.11:8082/tcp", "delivered"),
    "firewalld reloaded": ("firewalld-reload", "192.0.2.10", "198.51.100.11:8080/tcp", "rejected"),
}


@pytest.mark.parametrize(("event", "start", "target", "real"), BY_FIREWALLD.values(), ids=BY_FIREWALLD)
def test_firewalld_leads_to_the_next_address(event: str, start: str, target: str, real: str) -> None:
    assert verdict("netavark-firewalld", start, target, event) == real

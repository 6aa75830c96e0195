"""The start of a dockerd on hosts that have really booted without it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hairpin.answer.ask import ask
from hairpin.change.change import AddNamespace, InsertRule, SetLink, SetSysctl
from hairpin.change.commands.text import command_lines
from hairpin.engines.docker.first_start import first_start
from hairpin.evidence.file import read
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.network.world import World
from hairpin.question.question import parse_question

BOOTS = Path(__file__).parents[2] / "fixtures" / "boots"
"""``engine-not-enabled``: nothing starts dockerd.  ``firewalld-zone-conflict``: it has failed four times, as firewalld
has docker0 in zone drop, and has left the bridge down."""


def booted(name: str) -> Host:
    return parse(read(BOOTS / f"{name}.hairpin"))


def test_the_bridge_of_the_container_and_forwarding_come_with_the_daemon() -> None:
    host = booted("engine-not-enabled")
    found = first_start(host, host.engines[0])
    assert [part.link.name for part in found.parts if isinstance(part, SetLink)] == ["docker0"]
    assert [part.path[-1] for part in found.parts if isinstance(part, SetSysctl)] == ["ip_forward"]
    chains = {part.chain for part in found.parts if isinstance(part, InsertRule)}
    assert {"PREROUTING", "POSTROUTING", "FORWARD", "DOCKER"} <= chains
    assert not [part for part in found.parts if isinstance(part, AddNamespace)]
    assert first_start(found.host, found.host.engines[0]).parts == ()


def test_a_bridge_that_a_failed_start_has_left_is_set_up_and_its_zone_accepts() -> None:
    host = booted("firewalld-zone-conflict")
    found = first_start(host, host.engines[0])
    (bridge,) = [part.link for part in found.parts if isinstance(part, SetLink)]
    assert (bridge.name, bridge.up) == ("docker0", True)
    accepting = {part.chain for part in found.parts if isinstance(part, InsertRule) and part.table == "firewalld"}
    assert accepting == {"filter_INPUT", "filter_FORWARD"}


def test_a_daemon_with_a_bridge_of_its_own_makes_no_default_one() -> None:
    host = booted("engine-not-enabled")
    for name in ("none", "br0"):
        engine = replace(host.engines[0], networks=(), bridge_name=name)
        assert not [part for part in first_start(host, engine).parts if isinstance(part, SetLink)]


PLANS: dict[str, tuple[str, ...]] = {
    "engine-not-enabled": (
        "systemctl start docker",
        "docker start web",
        "systemctl enable docker",
        "docker update --restart unless-stopped web",
    ),
    "firewalld-zone-conflict": (
        "firewall-cmd --zone=docker --change-interface=docker0",
        "systemctl reset-failed docker",
        "systemctl start docker",
        "firewall-cmd --permanent --zone=docker --change-interface=docker0",
    ),
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("to", ("8151", "192.0.2.10:9000"))
def test_the_start_is_the_whole_repair(name: str, to: str) -> None:
    start = "container:web" if to != "8151" else None
    question = parse_question("check", (to,), start, (), World())
    answer = ask(question, (read(BOOTS / f"{name}.hairpin"),))
    (cause,) = [each for each in answer.causes if each.severity == "blocking"]
    assert cause.id == "docker-daemon-not-running"
    remedy = cause.remedies[0]
    assert tuple(line for step in (*remedy.steps, *remedy.keeping) for line in command_lines(step)) == PLANS[name]


def test_a_second_record_of_the_bridge_is_for_a_person() -> None:
    """A failed start of dockerd 26.1 leaves it in its database: no later start helps."""
    recorded = read(BOOTS / "firewalld-zone-conflict.hairpin")
    told = "failed to start daemon: conflicts with network 1 (docker0): networks have same bridge name"
    readings = tuple(replace(each, text=told) if each.key == "dockerd-log" else each for each in recorded.readings)
    question = parse_question("check", ("8151",), None, (), World())
    answer = ask(question, (replace(recorded, readings=readings),))
    (cause,) = [each for each in answer.causes if each.severity == "blocking"]
    assert cause.id == "docker-daemon-not-running"
    assert [(each.by_person, each.steps) for each in cause.remedies] == [(True, ())]
    assert "move network/files/local-kv.db" in "".join(map(str, cause.remedies[0].advice))

"""What nobody has stated colours a verdict at most: on no recorded host does it prove a cause or print a command."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.decisive import exit_status
from hairpin.evidence.reading import Reading
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.words import option_of
from tests.acceptance.recorded import evidence, expected, network
from tests.whole import thinned_rows

FOREIGN = "93.184.216.34"
STATED = (f"{FOREIGN}=198.51.100.11",)
STARTS = ("host", "container:web", "container:stranger", "lan", "192.0.2.10")
BY_PORT = ("nft-pre-raw", "shadow-redirect")
"""Hosts with a rule against port 8151 of any address."""
NEARBY = {"host", "container:web", "container:stranger"}
METADATA = f'{{"ds":{{"meta_data":{{"public-ipv4":"{FOREIGN}","local-ipv4":"198.51.100.11"}}}}}}\n'


def answer(name: str, target: str, start: str, publics: tuple[str, ...] = (), *, told: bool = False) -> Answer:
    read = evidence(name)
    if told:
        reading = Reading(id="e9999", key="cloud-init", netns="", origin="/run/cloud-init/instance-data.json",
                          at="", status=0, outcome="text", text=METADATA)  # fmt: skip
        read = msgspec.structs.replace(read, readings=(*read.readings, reading))
    return ask(parse_question("check", (target,), start, publics, World()), (read,))


def runs(name: str, start: str) -> bool:
    container = network(name).this.container(start.removeprefix("container:"))
    return container is not None and container.netns is not None


def causes(found: Answer) -> list[str]:
    return [each.id for each in found.causes if each.severity != "latent"]


CASES = {name: STARTS[number % len(STARTS)] for number, name in enumerate(expected()) if name not in BY_PORT}
"""The hosts, each with one of the starts."""


@pytest.mark.parametrize(("name", "start"), thinned_rows(CASES.items(), 10), ids=CASES)
def test_an_address_that_nobody_stated_proves_nothing(name: str, start: str) -> None:
    """A port that is published here and one that is not make no difference to an address out there."""
    if start.startswith("container") and not runs(name, start):
        start = "host"
    published, other = (answer(name, f"{FOREIGN}:{port}", start) for port in (8151, 9))
    assert [each.verdict for each in published.flows] == [each.verdict for each in other.flows]
    assert causes(published) == causes(other)
    commands = [said for cause in published.causes for each in cause.remedies for said in each.commands]
    assert not [each for each in commands if FOREIGN in each and "DNAT" in each.upper()]
    if published.flows[0].verdict == "leaves":
        assert exit_status(published) == 0
        assert [option_of(each.question.wanted[0]) for each in published.questions] == [f"--public {STATED[0]}"]


@pytest.mark.parametrize("start", STARTS)
def test_a_statement_makes_the_address_the_hosts(start: str) -> None:
    for found in (
        answer("none", f"{FOREIGN}:8151", start, STATED),
        answer("none", f"{FOREIGN}:8151", start, told=True),
    ):
        assert found.questions == ()
        assert causes(found) == (["nat-loopback-on-cloud-address"] if start in NEARBY else [])
        assert exit_status(found) == (1 if start in NEARBY else 0)

"""A host is read again without its containers, and nothing is lost."""

import re
from collections.abc import Iterator

import pytest

from hairpin.cli.plans.rereading import with_insides
from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.host.read.parse import parse as parsed
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan

NONE = ("--only", "name=-")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab(LabPlan(fillers=9)) as lab:
        yield lab


def read(lab: Lab, *arguments: str) -> Evidence:
    printed = lab.host.run(("sh", "-s", "--", *arguments), stdin=script().decode())
    return parse(printed.encode(), hairpin="", source="")


def told(host: Host) -> dict[str, str]:
    """Return the containers and their namespaces as texts, without the ids of readings."""
    parts = {each.name: repr(each) for each in host.namespaces if each.name != host.netns.name}
    parts |= {each.id: repr(each) for each in host.containers()}
    return {name: re.sub(r"'e\d+'", "", text) for name, text in parts.items()}


def test_what_was_not_entered_again_is_told_as_before(lab: Lab) -> None:
    whole = read(lab)
    again = with_insides(read(lab, *NONE), whole)
    assert again is not None
    assert sorted((each.key, each.netns) for each in again.readings) == sorted(
        (each.key, each.netns) for each in whole.readings
    )
    assert told(parsed(again)) == told(parsed(whole))


def test_a_container_that_was_started_again_is_another_one(lab: Lab) -> None:
    whole = read(lab)
    lab.host.run("docker restart -t 0 web")
    assert with_insides(read(lab, *NONE), whole) is None

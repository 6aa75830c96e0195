"""``hairpin lab``: the parts that need no root; the lab itself is tested in tests/lab."""

import json

import pytest

from hairpin.lab.scenario import all_scenarios
from tests.cli.commands import call


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "lab", "list")
    assert ended.status == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == [each.name for each in all_scenarios()]
    assert next(line for line in ended.out.splitlines() if "healthy-detour" in line).endswith("(node1, node2, node3)")


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(call(capsys, "lab", "list", "--json").out)
    found = next(each for each in listed if each["name"] == "interface-forwarding-off")
    assert found["causes"] == [["interface-forwarding-off"]]
    assert found["hosts"] == []
    several = next(each for each in listed if each["name"] == "healthy-three-nodes")
    assert several["hosts"] == ["node1", "node2", "node3"]


@pytest.mark.parametrize("command", ("run", "shell"))
def test_a_scenario_that_does_not_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "lab", command, "no-such-thing")
    assert ended.status == 3
    assert "hairpin lab list" in ended.err


def test_without_a_command_it_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "lab")
    assert ended.status == 2
    assert "shell" in ended.out + ended.err

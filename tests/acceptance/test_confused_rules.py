"""Recorded: dockerd makes and deletes its rules by two builds of iptables 1.8.11, and one of them confuses rules.

tests/fixtures/iptables-1.8.11/README.md says how the hosts were made.
"""

import io
import json
import sys

import pytest

from tests.causes.rule_hosts import RECORDED
from tests.cli.commands import call

BUG = "iptables-check-bug"

# The flows that real connections of the client lost, and the first cause with those that follow from it
HOSTS: dict[str, tuple[str, str, tuple[str, ...], int]] = {
    "its -C confuses: the second network's rules were not made": (
        "unmended", "8152", (BUG, "filter-forward-jump-missing"), 1,
    ),
    "the first network has its rules": ("unmended", "8151", (), 0),
    "its -D confuses: the second network was removed, and the first one's rules with it": (
        "removed", "8151", (BUG, "filter-forward-jump-missing"), 1,
    ),
    "a mended build tells them apart": ("mended", "8152", (), 0),
}  # fmt: skip


@pytest.mark.parametrize(("host", "port", "causes", "status"), HOSTS.values(), ids=HOSTS)
def test_the_program_comes_before_what_it_made(
    host: str, port: str, causes: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = str(RECORDED / f"{host}.hairpin")
    ended = call(capsys, "check", port, "--from", "192.0.2.10", "--no-replica", "--json", "--snapshot", recorded)
    assert ended.status == status
    report = json.loads(ended.out)
    blocking = [each for each in report["causes"] if each["severity"] == "blocking"]
    assert tuple(each["id"] for each in blocking) == causes
    if blocking:
        maker, lost = blocking
        assert (maker["proof"], lost["follows_from"]) == (None, [maker["ref"]])
        assert (lost["proof"]["without_change"], lost["proof"]["with_change"]) == ("dropped", "delivered")
        trial = next(each for each in maker["evidence"] if report["evidence"][each]["excerpt"] == "taken for equal")
        assert report["evidence"][trial]["origin"].startswith("unshare --net iptables")
        assert not any("next start" in each["text"] for each in lost["remedies"][0]["side_effects"])
        assert lost["remedies"][0]["commands"]  # the rules can be put back, whatever is done about the program


def test_the_bug_without_a_loss_is_one_line_of_advice(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8151", "--no-replica", "--snapshot", str(RECORDED / "unmended.hairpin"))
    said = " ".join(ended.out.split())
    assert "advice[iptables-check-bug]: iptables (v1.8.11 (nf_tables)) treats rules for different interfaces" in said


WORKED, LOST = (str(RECORDED / f"{name}.hairpin") for name in ("worked", "lost"))
UPGRADED = "iptables 1.8.9-2 → 1.8.11-1"


def test_the_host_that_lost_rules_names_the_program_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "check", "8151", "--no-replica", "--snapshot", WORKED).status == 0
    ended = call(capsys, "check", "8151", "--no-replica", "--json", "--snapshot", LOST)
    blocking = [each for each in json.loads(ended.out)["causes"] if each["severity"] == "blocking"]
    assert [each["id"] for each in blocking] == [BUG, "filter-forward-jump-missing"]
    assert blocking[1]["follows_from"] == [blocking[0]["ref"]]


def test_diff_tells_the_lost_jump_the_version_and_who_installed_it(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "diff", WORKED, LOST, "8151", "--no-replica", "--json")
    told = json.loads(ended.out)
    changes = {each["ref"]: each for each in told["changes"]}
    assert {flow["after"] for flow in told["flows"]} == {"dropped"}
    assert {changes[ref]["before"] for flow in told["flows"] for ref in flow["changes"]} == {
        "-A FORWARD -o docker0 -j DOCKER"
    }
    made = {each["where"]: each["by"]["name"] for each in changes.values() if each["by"] is not None}
    assert made == {"iptables": UPGRADED, "package:iptables": UPGRADED}
    assert any("the jump to DOCKER is lost" in note and "1.8.11-1" in note for note in told["notes"])


def test_the_story_tells_the_upgrade_and_what_came_then(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "story", "--since", "10m", "--snapshot", LOST, "--json")
    entries = [each["what"] for each in json.loads(ended.out)["entries"]]
    upgrade = next(n for n, what in enumerate(entries) if "upgraded from 1.8.9-2 to 1.8.11-1: ann ran" in what)
    assert any("docker network rm own" in what for what in entries[upgrade:])


def test_the_engines_log_says_nothing_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = (RECORDED / "dockerd.log").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log)))
    ended = call(capsys, "explain", "--snapshot", LOST, "--json")
    assert (ended.status, json.loads(ended.out)["found"]) == (0, [])

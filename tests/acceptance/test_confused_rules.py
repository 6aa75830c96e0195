"""Recorded: dockerd makes and deletes its rules by two builds of iptables 1.8.11, and one of them confuses rules.

tests/fixtures/iptables-1.8.11/README.md says how the hosts were made.
"""

import json

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


def test_the_bug_without_a_loss_is_one_line_of_advice(capsys: pytest.CaptureFixture[str]) -> None:
    ended = call(capsys, "check", "8151", "--no-replica", "--snapshot", str(RECORDED / "unmended.hairpin"))
    said = " ".join(ended.out.split())
    assert "advice[iptables-check-bug]: iptables (v1.8.11 (nf_tables)) takes rules of different interfaces" in said

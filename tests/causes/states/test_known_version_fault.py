"""A program's version with a known fault: named beside what it leaves on a host, and never alone."""

import msgspec
import pytest

from hairpin.answer.ask import ask
from hairpin.answer.check import findings
from hairpin.causes.cause import Finding
from hairpin.collect.snapshot import load
from hairpin.diagnose.examination import examine
from hairpin.host.managers import Version
from hairpin.network.network import Network
from hairpin.question.question import Question
from tests.acceptance.recorded import FOLDER
from tests.causes.hosts import with_host
from tests.causes.nat_rules.test_nat_rules import left_by_netavark
from tests.causes.test_opening import OpenedCase
from tests.rows import each_row
from tests.small_host import network, published

_ID = "known-version-fault"
_TO_NOBODY = msgspec.structs.replace(published(), container=None)


def with_version(version: str, within: Network, program: str = "package:netavark") -> Network:
    """Return the host with this version of the program; no engine tells its own netavark's."""
    engines = tuple(msgspec.structs.replace(each, network_version="") for each in within.this.engines)
    return with_host(within, versions=(Version(program, version),), engines=engines)


def _stale(version: str, program: str = "package:netavark") -> Network:
    """Return the host on which netavark left a rule for an address that no container has."""
    return with_version(version, left_by_netavark(), program)


CASES: dict[str, OpenedCase] = {"a netavark that leaves rules behind": OpenedCase(_stale("1.12.2"), _TO_NOBODY, (_ID,))}


def _named(within: Network) -> list[Finding]:
    found = findings(examine(within, (_TO_NOBODY,)), (), ahead=True, everything=False)
    return [each for each in found if each.id == _ID]


def test_the_fault_of_the_version_is_advice_beside_the_proven_cause() -> None:
    named = _named(_stale("1.12.2"))
    assert {str(each.candidate.title) for each in named} == {"netavark 1.12.2 has a known fault"}
    (found,) = (each for each in named if "does not remove all rules" in str(each.candidate.detail))
    assert (found.severity, found.host, found.flows, found.proof) == ("advice", "test", (0,), None)
    assert "https://github.com/containers/" in str(found.candidate.detail)
    (way,) = found.candidate.ways
    assert str(way.said[0]).startswith("update netavark to 1.13.1 or later")


@each_row(
    ("version", "program"),
    (("1.15.0", "package:netavark"), ("1.12.2", "package:nginx"), ("20.10.4", "package:docker-compose")),
)
def test_a_version_without_the_fault_and_another_program_are_silent(version: str, program: str) -> None:
    assert _named(_stale(version, program)) == []


def test_a_healthy_host_of_the_version_is_silent() -> None:
    healthy = with_version("1.12.2", network())
    found = findings(examine(healthy, (published(),)), (), ahead=True, everything=True)
    assert _ID not in [each.id for each in found]


def test_a_fault_of_which_the_host_has_no_trace_is_silent() -> None:
    assert _named(with_version("v1.8.11 (nf_tables)", left_by_netavark(), "iptables")) == []


@pytest.mark.parametrize("text", ("1.8.11-1", "1.8.11"))
def test_iptables_1_8_11_is_named_only_beside_missing_rules(text: str) -> None:
    assert _named(with_version(text, network(), "package:iptables")) == []


def test_a_firewalld_that_is_installed_and_does_not_run_has_touched_no_rule() -> None:
    found = ask(Question("check"), (load(FOLDER / "all-flush.hairpin"),))
    assert found.network.this.firewalld is None or not found.network.this.firewalld.running
    assert [each.id for each in found.causes if each.id == _ID] == []

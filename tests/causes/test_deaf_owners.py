"""A candidate offers no command that nobody would carry out."""

import msgspec
import pytest

from hairpin.causes.deaf_owners import deaf_owner
from hairpin.change import calls
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Firewalld, Ufw
from hairpin.walk.walk import walk_flow
from tests.causes.firewall_hosts import first_remedy
from tests.causes.hosts import with_host, zoned
from tests.causes.rules.test_rules import SSH, with_sshd
from tests.rows import each_row
from tests.rule_text import with_chain, with_policy
from tests.small_host import egress, network


@pytest.mark.parametrize("runs", (True, False))
def test_a_firewalld_that_has_ended_binds_no_interface(*, runs: bool) -> None:
    whole = zoned("public")
    assert whole.this.firewalld is not None
    whole = with_host(whole, firewalld=msgspec.structs.replace(whole.this.firewalld, running=runs))
    (cause,) = diagnose(whole, egress()).causes
    assert cause.cause == "firewalld-bridge-in-wrong-zone"
    assert bool(cause.candidate.change.calls) == runs
    assert any("firewalld does not run" in str(each) for each in cause.candidate.advice) != runs
    assert walk_flow(simulate(cause.candidate.change, whole), egress()).succeeds


def test_a_disabled_ufw_allows_nothing() -> None:
    closed = with_sshd(with_policy("INPUT", "DROP", with_chain("ufw-user-input", hook="INPUT")))
    assert first_remedy(with_host(closed, ufw=Ufw(enabled=True)), SSH)[1].commands == ("ufw allow 22/tcp",)
    (command,) = first_remedy(with_host(closed, ufw=Ufw(enabled=False)), SSH)[1].commands
    assert command.endswith("-j ACCEPT")


# call, the manager that has to run or to be enabled
NEEDS: dict[str, tuple[calls.Call, str | None]] = {
    "a port": (calls.OpenPort("public", 80, "tcp"), "firewalld"),
    "a port in firewalld's files": (calls.OpenPort("public", 80, "tcp", permanent=True), "firewalld"),
    "panic mode": (calls.SetPanicMode(), "firewalld"),
    "a port of ufw": (calls.AllowInUfw(80, "tcp"), "ufw"),
    "networks": (calls.ReloadNetworks(), None),
    "a unit": (calls.SetUnitState("start", "docker.service"), None),
}


@each_row(("call", "manager"), NEEDS.values(), ids=NEEDS)
def test_a_managers_command_needs_the_manager(call: calls.Call, manager: str | None) -> None:
    replace, host = msgspec.structs.replace, network().this
    at_rest = replace(host, firewalld=Firewalld(running=False), ufw=Ufw(enabled=False))
    assert deaf_owner(call, at_rest) == manager
    at_work = replace(host, firewalld=Firewalld(running=True), ufw=Ufw(enabled=True))
    assert deaf_owner(call, at_work) is None
    assert deaf_owner(call, replace(host, firewalld=None, ufw=None)) is None

"""A candidate offers no command that nobody would carry out."""

import msgspec
import pytest

from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Ufw
from hairpin.walk.walk import walk_flow
from tests.causes.firewall_hosts import first_remedy
from tests.causes.hosts import with_host, zoned
from tests.causes.rules.test_rules import SSH, with_sshd
from tests.rule_text import with_chain, with_policy
from tests.small_host import egress


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

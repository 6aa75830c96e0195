"""Complaints of the managers of rules."""

from hairpin.story.logs.firewall_log import firewall_entries
from tests.story.recorded import journal, traces

LOCK = "Another app is currently holding the xtables lock"


def test_complaints_are_told_once_from_the_first_to_the_last() -> None:
    lines = journal(
        (100, "firewalld", f"ERROR: {LOCK}"), (200, "firewalld", f"ERROR: {LOCK}"), (300, "app", f"ERROR: {LOCK}")
    )
    (found,) = firewall_entries(traces(("trace-firewalls", lines)))
    assert str(found.what) == f"firewalld said 2 times: ERROR: {LOCK}"
    assert found.until is not None
    assert found.until - found.at == 100


def test_what_docker_could_not_take_away_is_no_complaint() -> None:
    said = "WARNING: COMMAND_FAILED: '/usr/sbin/iptables -w10 -D FORWARD' failed: iptables: Bad rule."
    assert list(firewall_entries(traces(("trace-firewalls", journal((100, "firewalld", said)))))) == []


def test_firewalls_own_log_is_told_where_the_journal_has_none_of_it() -> None:
    log = "2026-11-26 12:00:00 ERROR: INVALID_ZONE: docker\n2026-11-26 12:00:01 DEBUG1: start()\n"
    (found,) = firewall_entries(traces(("trace-firewalls", log, "/var/log/firewalld")))
    assert str(found.what) == "firewalld said: ERROR: INVALID_ZONE: docker"
    both = traces(
        ("trace-firewalls", journal((100, "firewalld", "ERROR: INVALID_ZONE: docker"))), ("trace-firewalls", log)
    )
    assert len(list(firewall_entries(both))) == 1

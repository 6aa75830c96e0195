"""One remedy a cause, named after its leading part, with what keeps every part."""

from typing import get_args

from hairpin.change.change import Primitive
from hairpin.host.managers import Unit
from hairpin.remedy.plan import all_kinds, remedies
from tests.remedy.situations import deletion, insertion, network, remedy, situation, sysctl

RULES = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s 192.0.2.0/24 -j DROP
COMMIT
"""


def test_ids_are_kebab_case_and_not_repeated() -> None:
    ids = [kind.id for kind in all_kinds()]
    assert len(set(ids)) == len(ids)
    assert all(each.replace("-", "").isalpha() and each.islower() for each in ids)


def test_there_are_at_least_as_many_kinds_as_ways_to_change_a_host() -> None:
    by_change_route = 3  # entries of neighbours and tunnels come and go as routes do, and that kind has its own name
    assert len(all_kinds()) >= len(get_args(Primitive)) - 3 - by_change_route


def test_a_change_of_two_kinds_is_one_remedy_that_keeps_both() -> None:
    found = network(("/etc/iptables/rules.v4", RULES))
    told = remedy(found, deletion("FORWARD", "-s 192.0.2.0/24 -j DROP"), sysctl("net.ipv4.ip_forward"))
    assert told.id == "delete-rule"
    assert {each.file for each in told.persist} == {
        "/etc/iptables/rules.v4",
        "/etc/sysctl.d/99-hairpin-ipv4-ip-forward.conf",
    }
    assert told.commands == ("iptables -D FORWARD -s 192.0.2.0/24 -j DROP", "sysctl -w net.ipv4.ip_forward=1")


def test_two_kinds_that_edit_one_file_agree() -> None:
    """What is deleted and what is inserted are both in the content, and the diff is against what is there now."""
    found = network(
        ("/etc/iptables/rules.v4", RULES), units=(Unit("netfilter-persistent.service", "active", "enabled"),)
    )
    told = remedy(
        found, deletion("FORWARD", "-s 192.0.2.0/24 -j DROP"), insertion("INPUT", "-p tcp --dport 1 -j ACCEPT")
    )
    (file,) = told.persist
    assert "192.0.2.0" not in file.content
    assert "-A INPUT -p tcp --dport 1 -j ACCEPT" in file.content
    assert file.before == RULES


def test_an_empty_change_has_no_remedy() -> None:
    candidate = situation(network()).candidate
    assert remedies("some-cause", candidate, network()) == ()

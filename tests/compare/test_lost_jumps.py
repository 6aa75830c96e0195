"""A lost jump is named with the versions of iptables."""

import msgspec

from hairpin.compare.comparison import network_sides
from hairpin.compare.lost_jumps import lost_jumps
from hairpin.host.managers import Version
from tests.compare.small_pairs import comparison, host, with_rules

JUMP = "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"


def test_a_lost_jump_with_both_versions() -> None:
    versions = (Version("iptables", "iptables v1.8.11 (nf_tables)"), Version("package:iptables", "1.8.11-2"))
    was = msgspec.structs.replace(host(), versions=versions)
    (note,) = comparison(with_rules((JUMP, "")), was).notes
    assert str(note) == (
        "d1: the jump to DOCKER is lost. The earlier snapshot has iptables v1.8.11 (nf_tables), package 1.8.11-2, "
        "the later one no version of iptables"
    )


def test_another_rule_is_no_jump() -> None:
    now = with_rules(("-A DOCKER-USER -j RETURN\n", ""))
    assert list(lost_jumps(*network_sides(host(), now))) == []


def test_a_new_jump_is_not_lost() -> None:
    assert list(lost_jumps(*network_sides(with_rules((JUMP, "")), host()))) == []

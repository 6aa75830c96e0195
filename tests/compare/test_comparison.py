"""The whole comparison."""

import msgspec
import pytest

from hairpin.compare.comparison import both_hosts
from hairpin.errors import UsageError
from hairpin.host.host import Host, Unread
from hairpin.host.read.parse import parse
from tests import small_host as small
from tests.compare.small_pairs import comparison, host, with_rules
from tests.report.answers import FORWARDING_OFF, USER_DROPS, evidence


def _stopped() -> Host:
    """Return the small host whose container is stopped."""
    outer = small.host_namespace(sockets=())
    links = tuple(each for each in outer.links if each.name != "veth1")
    stopped = small.network(docker=small.engine(small.container("exited"))).this
    return msgspec.structs.replace(stopped, namespaces=(msgspec.structs.replace(outer, links=links),))


def test_equal_hosts() -> None:
    found = comparison(host())
    assert found.is_equal
    assert found.status == 0
    assert found.walked > 0


def test_refs_are_in_the_order_of_the_parts() -> None:
    now = host(small.host_namespace(small.DOCKER_RULES.replace(":FORWARD DROP", ":FORWARD ACCEPT"),
                                    values={"conf__eth0__forwarding": "0"}))  # fmt: skip
    assert [(each.ref, each.part) for each in comparison(now).differences] == [("d1", "sysctls"), ("d2", "rules")]


def test_a_stopped_container_decides() -> None:
    found = comparison(_stopped())
    assert found.flows
    by_ref = {each.ref: each for each in found.differences}
    assert {by_ref[ref].part for each in found.flows for ref in each.changes} == {"containers"}


def test_a_question_that_makes_no_sense_for_both() -> None:
    with pytest.raises(UsageError):
        comparison(host(), None, "nobody")


def test_a_lost_jump_is_named() -> None:
    jump = "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"
    found = comparison(with_rules((f"{jump}\n", "")))
    assert [(str(each.where), each.before) for each in found.differences] == [("nat PREROUTING, rule 1", jump)]


def test_traces_that_could_not_be_read_leave_nothing_open() -> None:
    def lacking(key: str) -> Host:
        return msgspec.structs.replace(host(), unread=(Unread(key, "", "journalctl", "denied", "e9"),))

    assert comparison(lacking("trace-journal")).status == 0
    assert comparison(lacking("klog")).status == 0  # nobody compares it
    assert comparison(lacking("iptables-nft-save4")).status == 3


def test_both_are_as_if_each_were_parsed() -> None:
    was, now = both_hosts(evidence(), evidence(FORWARDING_OFF, USER_DROPS))
    assert was == parse(evidence())
    assert now == parse(evidence(FORWARDING_OFF, USER_DROPS))


def test_parts_that_have_not_changed_are_the_same_objects() -> None:
    was, now = both_hosts(evidence(), evidence(FORWARDING_OFF))
    assert now.namespace("host").ruleset is was.namespace("host").ruleset
    assert now.namespace("host").sysctls is not was.namespace("host").sysctls

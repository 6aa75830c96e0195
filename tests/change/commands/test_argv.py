"""Commands that set and forget; most are held in test_text.py and, by the kernel itself, in tests/kernel."""

import msgspec
import pytest

from hairpin.change.change import AddEntry, DeleteEntry, DropConnection, Forget, ReplaceEntry, ReplaceSysctls, SetLink
from hairpin.change.commands.argv import forgetting_argv, setting_argv
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import FdbEntry, PolicyRule
from hairpin.netfilter.packet import UDP, Connection, Tuple
from tests.small_host import HOST_NETNS

ONE, OTHER = PolicyRule(4, 100, table=5), PolicyRule(4, 100, table=6)
LIVE = Connection(4, Tuple(1, 2, UDP, 7, 53), Tuple(2, 1, UDP, 53, 7), live=True, evidence="e9")


def test_a_single_policy_rule_of_a_priority_is_found_by_it() -> None:
    part = DeleteEntry(HOST_NETNS, ONE)
    assert setting_argv(part, Namespace("host", rules=(ONE,))) == (("ip", "rule", "del", "priority", "100"),)
    (both,) = setting_argv(part, Namespace("host", rules=(ONE, OTHER)))
    assert both == ("ip", "rule", "del", "priority", "100", "lookup", "5")
    assert setting_argv(AddEntry(HOST_NETNS, ONE), None)[0][:3] == ("ip", "rule", "add")


def test_several_values_are_one_command() -> None:
    values = ((("net", "a"), "1"), (("net", "b"), "2"))
    assert setting_argv(ReplaceSysctls(HOST_NETNS, values), None) == (("sysctl", "-w", "net.a=1", "net.b=2"),)


def test_a_further_tunnel_end_is_appended() -> None:
    near, far = FdbEntry("br", "p", 9, state="static"), FdbEntry(None, "vx", 9, remote=7, state="permanent")
    assert setting_argv(AddEntry(HOST_NETNS, near), None)[0][2] == "add"
    assert setting_argv(AddEntry(HOST_NETNS, far), None)[0][2] == "append"
    bound = msgspec.structs.replace(far, remote=8, via="eth0", state="static")
    (replaced,) = setting_argv(ReplaceEntry(HOST_NETNS, far, bound), None)
    assert " ".join(replaced) == "bridge fdb replace 00:00:00:00:00:09 dev vx dst 0.0.0.8 via eth0 self static"


def test_a_link_that_is_not_there_needs_no_command() -> None:
    assert setting_argv(SetLink(HOST_NETNS, Link(1, "a")), Namespace("host")) == ()


def test_a_connection_is_forgotten_by_its_tuple() -> None:
    (*_, protocol, _, source, _, destination) = forgetting_argv(
        DropConnection(HOST_NETNS, 4, LIVE.original), Namespace("host", connections=(LIVE,))
    )
    assert (protocol, source, destination) == ("udp", "7", "53")
    of_port = DropConnection(HOST_NETNS, 4, msgspec.structs.replace(LIVE.original, saddr=0, sport=0))
    assert "-s" not in forgetting_argv(of_port, Namespace("host", connections=(LIVE,)))
    with pytest.raises(ChangeError):
        forgetting_argv(DropConnection(HOST_NETNS, 4, LIVE.original), Namespace("host"))
    assert forgetting_argv(Forget(HOST_NETNS, "connections"), None) == ("conntrack", "-F")
    assert forgetting_argv(Forget(HOST_NETNS, "redirects"), None) == ("ip", "route", "flush", "cache")
    assert forgetting_argv(Forget(HOST_NETNS, "neighbours"), None) == ("ip", "neigh", "flush", "all")

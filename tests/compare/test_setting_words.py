"""Settings in the words of their tools."""

from hairpin.change.change import AddEntry, ReplaceEntry
from hairpin.compare.setting_words import setting_difference
from hairpin.host.netns import Netns
from hairpin.host.route import PolicyRule
from tests import small_host as small

HOST = Netns("test")


def test_a_replaced_route_has_both_texts() -> None:
    old, new = (small.route("default", "eth0", via=via) for via in ("198.51.100.1", "198.51.100.2"))
    found = setting_difference(HOST, ReplaceEntry(HOST, old, new), small.host_namespace())
    assert (found.before, found.after) == ("default via 198.51.100.1 dev eth0", "default via 198.51.100.2 dev eth0")


def test_a_policy_rule_that_no_command_makes_is_quoted() -> None:
    rule = PolicyRule(4, 100, table=7, unknown_selectors=("tun_id",), text="100: from all tun_id 5 lookup 7")
    found = setting_difference(HOST, AddEntry(HOST, rule), small.host_namespace())
    assert found.after == "100: from all tun_id 5 lookup 7"

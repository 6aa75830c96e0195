"""The rules that ufw's own commands add.  The words and the places are those that ufw 0.36.2 leaves in the kernel."""

from hairpin.change.calls import AllowInUfw
from hairpin.change.ufw import ufw_allow_rules
from tests.rule_text import with_chain
from tests.small_host import HOST_NETNS, ruleset

UFW = ruleset(with_chain("ufw-user-input", hook=None, rules=with_chain("ufw-user-forward", hook=None)))


def rules(call: AllowInUfw) -> list[tuple[str, int | None]]:
    return [(each.rule.text, each.position) for each in ufw_allow_rules(call, HOST_NETNS, UFW)]


def test_a_port_of_the_host_is_let_in_behind_the_other_rules() -> None:
    assert rules(AllowInUfw(7000, "tcp")) == [("-A ufw-user-input -p tcp --dport 7000 -j ACCEPT", None)]


def test_an_interface_narrows_it() -> None:
    found = rules(AllowInUfw(7000, "udp", iif="docker0"))
    assert found == [("-A ufw-user-input -i docker0 -p udp --dport 7000 -j ACCEPT", None)]


def test_what_is_prepended_comes_first_and_what_is_routed_is_forwarded() -> None:
    call = AllowInUfw(80, "tcp", iif="eth0", oif="docker0", routed=True, first=True)
    assert rules(call) == [("-A ufw-user-forward -i eth0 -o docker0 -p tcp --dport 80 -j ACCEPT", 1)]


def test_without_ufws_chains_nothing_is_added() -> None:
    assert ufw_allow_rules(AllowInUfw(80, "tcp"), HOST_NETNS, ruleset("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")) == ()

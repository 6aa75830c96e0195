"""The rules that ufw's own commands add.  The words and the places are those that ufw 0.36.2 leaves in the kernel."""

from hairpin.change.calls import AllowInUfw
from hairpin.change.ufw import ufw_allow_rules, ufw_files
from tests.rule_text import with_chain
from tests.small_host import HOST_NETNS, ruleset
from tests.ufw_host import enabled, user_rules, with_ufw

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


def kept(call: AllowInUfw) -> list[str] | None:
    """Return the lines of the user's rules that ufw keeps, with one that was there."""
    here = "-A ufw-user-input -p tcp --dport 22 -j ACCEPT"
    found = ufw_files(call, enabled(with_ufw(user=user_rules(here))).this)
    if found is None:
        return None
    return [line for each in found for line in (each.text or "").splitlines() if line.startswith("-A ufw-user-input")]


def test_ufw_keeps_it_in_its_file() -> None:
    ssh, own = "-A ufw-user-input -p tcp --dport 22 -j ACCEPT", "-A ufw-user-input -p tcp --dport 80 -j ACCEPT"
    assert kept(AllowInUfw(80, "tcp")) == [ssh, own]
    assert kept(AllowInUfw(80, "tcp", first=True)) == [own, ssh]


def test_a_file_that_was_not_read_and_chains_that_are_gone_tell_nothing() -> None:
    assert kept(AllowInUfw(80, "tcp", deleted=True)) is None
    assert ufw_files(AllowInUfw(80, "tcp"), with_ufw().this) is None


def test_one_client_is_let_in_by_its_own_family() -> None:
    found = rules(AllowInUfw(7000, "tcp", source="192.0.2.10"))
    assert found == [("-A ufw-user-input -s 192.0.2.10 -p tcp --dport 7000 -j ACCEPT", None)]
    assert rules(AllowInUfw(7000, "tcp", source="2001:db8::7")) == []

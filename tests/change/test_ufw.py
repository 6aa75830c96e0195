"""The rules that ufw's own commands add.  The words and the places are those that ufw 0.36.2 leaves in the kernel."""

from hairpin.change.calls import AllowInUfw, ReloadUfw, call_argv, reverse
from hairpin.change.change import InsertRule
from hairpin.change.ufw import ufw_allow_rules, ufw_change, ufw_files
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.evaluate.chain import Place
from tests.causes.hosts import ruled, with_host
from tests.rows import each_row
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
    assert kept(AllowInUfw(80, "tcp", deleted=True)) is None, "ufw finds no such rule"
    assert ufw_files(AllowInUfw(80, "tcp"), with_ufw().this) is None


def test_one_client_is_let_in_by_its_own_family() -> None:
    found = rules(AllowInUfw(7000, "tcp", source="192.0.2.10"))
    assert found == [("-A ufw-user-input -s 192.0.2.10 -p tcp --dport 7000 -j ACCEPT", None)]
    assert rules(AllowInUfw(7000, "tcp", source="2001:db8::7")) == []


DENY, ALLOW = "-p tcp -m tcp --dport 9000 -j DROP", "-p tcp -m tcp --dport 9000 -j ACCEPT"
LAN, LOGGED = "-s 192.0.2.0/24 -j DROP", "-p tcp -m tcp --dport 9000 -j ufw-user-logging-input"
REJECT, OTHER = "-p tcp -m tcp --dport 9000 -j REJECT --reject-with tcp-reset", "-p udp -m udp --dport 9000 -j DROP"
RANGE, BY_LINK = "-p tcp -m multiport --dports 9000:9010 -j DROP", "-i eth0 -p tcp -m tcp --dport 9000 -j DROP"
PROFILE = "-p tcp -m tcp --dport 9000 -m comment --comment \"'dapp_App'\" -j DROP"
LIMIT = (
    "-p tcp -m tcp --dport 9000 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --rsource",
    "-p tcp -m tcp --dport 9000 -m conntrack --ctstate NEW -m recent --update --hitcount 6 -j ufw-user-limit",
    "-p tcp -m tcp --dport 9000 -j ufw-user-limit-accept",
)
FILE = "/etc/ufw/user.rules"


def obeyed(*rules: str, stopped_at: int, file: str = "", source: str = "") -> tuple[tuple[str, ...], list[int | None]]:
    """Return the commands for port 9000 where the rule of that number stops it, and where their rules come to stand."""
    limit = with_chain("ufw-user-limit", "-j REJECT", hook=None, rules=with_chain("ufw-user-limit-accept", hook=None))
    logging = with_chain("ufw-user-logging-input", hook=None, rules=limit)
    whole = ruled(with_chain("ufw-user-input", *rules, hook="INPUT", rules=logging))
    host = with_host(whole, files=(ConfigFile(FILE, file),) if file else ()).this
    chain = "ufw-user-limit" if "ufw-user-limit" in rules[stopped_at - 1] else "ufw-user-input"
    place = Place("iptables-nft", "ip", "filter", chain, stopped_at if chain == "ufw-user-input" else 1, "")
    found = ufw_change(AllowInUfw(9000, "tcp", first=True, source=source), place, HOST_NETNS, host)
    assert found is not None
    commands = (" ".join(call_argv(each)) for each in found.calls if isinstance(each, AllowInUfw | ReloadUfw))
    return tuple(commands), [each.position for each in found.parts if isinstance(each, InsertRule)]


PREPENDED, PLAIN = ("ufw prepend allow 9000/tcp",), ("ufw allow 9000/tcp",)


@each_row(
    ("rules", "stopped_at", "commands", "positions"),
    (
        ((LAN, DENY), 2, PLAIN, [2]),
        ((REJECT,), 1, PLAIN, [1]),
        ((LOGGED, DENY), 2, PLAIN, [2]),
        (LIMIT, 2, PLAIN, [2]),
        ((LAN,), 1, PREPENDED, [1]),
        ((RANGE,), 1, PREPENDED, [1]),
        ((BY_LINK,), 1, PREPENDED, [1]),
        ((PROFILE,), 1, PREPENDED, [1]),
        ((DENY, OTHER), 1, PREPENDED, [1]),
        ((LAN, ALLOW), 1, ("ufw delete allow 9000/tcp", *PREPENDED), [1]),
        ((LAN, DENY), 1, ("ufw delete deny 9000/tcp", *PREPENDED), [1]),
        ((LAN, LOGGED, DENY), 1, (*PLAIN, "ufw delete allow 9000/tcp", *PREPENDED), [1]),
    ),
)
def test_ufw_moves_no_rule_for_the_same_packets(
    rules: tuple[str, ...], stopped_at: int, commands: tuple[str, ...], positions: list[int | None]
) -> None:
    """Measured with ufw 0.36.2: ``ufw prepend`` says ``Skipping inserting existing rule`` and ends with 0."""
    assert obeyed(*rules, stopped_at=stopped_at) == (commands, positions)


def test_one_client_is_another_rule_unless_ufw_has_one_for_it() -> None:
    alone = "allow from 192.0.2.10 to any port 9000 proto tcp"
    assert obeyed(DENY, stopped_at=1, source="192.0.2.10")[0] == (f"ufw prepend {alone}",)
    his = "-s 192.0.2.10/32 -p tcp -m tcp --dport 9000 -j DROP"
    assert obeyed(his, stopped_at=1, source="192.0.2.10")[0] == (f"ufw {alone}",)


def saved(*lines: str) -> str:
    return "\n".join(("*filter", ":ufw-user-input - [0:0]", *lines, "COMMIT\n"))


def test_the_comment_in_ufws_file_tells_a_port_of_both_protocols() -> None:
    lines = [f"-A ufw-user-input {each}" for each in (DENY, OTHER)]
    both = saved("### tuple ### deny any 9000 0.0.0.0/0 any 0.0.0.0/0 in", *lines)
    each = saved("### tuple ### deny tcp 9000 0.0.0.0/0 any 0.0.0.0/0 in", lines[0], "", lines[1])
    assert obeyed(DENY, OTHER, stopped_at=1, file=both)[0] == PREPENDED
    assert obeyed(DENY, OTHER, stopped_at=1, file=each)[0] == PLAIN


def test_a_reload_helps_only_if_the_file_has_the_lost_rule_first() -> None:
    lan, allow = f"-A ufw-user-input {LAN}", f"-A ufw-user-input {ALLOW}"
    assert obeyed(LAN, stopped_at=1, file=saved(allow, lan)) == (("ufw reload",), [1])
    assert obeyed(LAN, stopped_at=1, file=saved(lan, allow)) == (PREPENDED, [1])
    ban = "-A ufw-user-input -s 203.0.113.0/24 -j DROP"
    assert obeyed(LAN, stopped_at=1, file=saved(ban, allow, lan)) == (("ufw reload",), [1, 2]), (
        "the ban comes back, too"
    )


def test_ufws_file_after_a_rule_is_replaced_or_deleted() -> None:
    remembered = "### tuple ### deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"
    here = "-A ufw-user-input -p tcp --dport 22 -j DROP"

    def after(call: AllowInUfw) -> list[str]:
        found = ufw_files(call, enabled(with_ufw(user=user_rules(remembered, here))).this)
        text = found[0].text or "" if found else ""
        return [line for line in text.splitlines() if line.startswith(("-A ufw-user-input", "###"))]

    opened = ["### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT"]
    assert after(AllowInUfw(22, "tcp", replaces="deny")) == opened
    assert after(AllowInUfw(22, "tcp", action="deny", deleted=True)) == []


def test_the_undo_of_a_replaced_rule_gives_it_its_action_back() -> None:
    host = enabled(with_ufw()).this
    back = reverse(AllowInUfw(9000, "tcp", replaces="reject"), host)
    assert isinstance(back, AllowInUfw)
    assert call_argv(back) == ("ufw", "reject", "9000/tcp")

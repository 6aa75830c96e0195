"""What the audit log tells."""

from hairpin.story.commands.audit import audit_entries, audited_commands
from hairpin.story.entry import Effect
from tests.story.recorded import BEGUN, journal, traces

CALL = (
    "type=SYSCALL msg=audit({at}.100:{n}): syscall=59 success=yes ppid=1 pid=77 auid={auid} uid=0 tty=pts0"
    ' comm="iptables" exe="/usr/sbin/xtables-nft-multi"'
)
ARGS = 'type=EXECVE msg=audit({at}.100:{n}): argc=2 a0="iptables" a1="-F"'
RULES = (
    "type=NETFILTER_CFG msg=audit({at}.200:{n}): table=filter:5 family=2 entries=3 op=nft_unregister_rule pid=77"
    ' comm="iptables"'
)


def log(*lines: str, auid: str = "1000", at: float = 60) -> tuple[str, str]:
    return "trace-audit", "\n".join(
        each.format(at=int(BEGUN + at), n=n // 2, auid=auid) for n, each in enumerate(lines)
    )


def test_a_command_of_somebody_who_had_logged_in() -> None:
    (found,) = audit_entries(traces(log(CALL, ARGS)))
    assert str(found.what) == "uid 1000 ran `iptables -F`"
    assert found.effect == Effect(commands="iptables -F")
    assert found.by is not None
    assert found.by.kind == "person"


def test_the_enriched_form_has_the_name() -> None:
    (found,) = audited_commands(traces(log(CALL + '\x1dAUID="ann" UID="root"', ARGS)))
    assert found.person == "ann"


def test_a_daemons_command_is_nobodys() -> None:
    assert list(audit_entries(traces(log(CALL, ARGS, auid="4294967295")))) == []


def test_what_sudo_tells_is_not_told_twice() -> None:
    sudo = (
        "trace-logins",
        journal((59, "sudo", "ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -F")),
    )
    assert list(audit_entries(traces(log(CALL, ARGS), sudo))) == []


def test_arguments_with_odd_characters_are_hexadecimal() -> None:
    hexadecimal = ARGS.replace('a1="-F"', "a1=2D46").replace("argc=2", "argc=3") + " a2=464F5257415244"
    (found,) = audited_commands(traces(log(CALL, hexadecimal)))
    assert found.text == "iptables -F FORWARD"


def test_changes_of_rules_within_a_minute_are_one() -> None:
    burst = tuple(RULES.replace("{at}", str(int(BEGUN + 60 + n))) for n in range(0, 40, 10))
    later = RULES.replace("{at}", str(int(BEGUN + 600)))
    found = list(audit_entries(traces(log(*burst, later))))
    assert [str(each.what) for each in found] == ["iptables[77] changed rules"] * 2
    assert found[0].until == found[0].at + 30

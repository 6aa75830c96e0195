"""Who was logged in, and what they ran as root."""

import pytest

from hairpin.story.commands.people import commands_of, logins_of, people_entries
from hairpin.story.entry import Effect
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, journal, lab, traces

LOGIN = (10.0, "sshd", "Accepted publickey for ann from 192.0.2.7 port 50000 ssh2: ED25519 SHA256:x")
SUDO = "   ann : TTY=pts/1 ; PWD=/srv ; USER=root ; COMMAND="

COMMANDS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "sudo": ("sudo", f"{SUDO}/usr/sbin/iptables -F", ("ann (pts/1, 192.0.2.7)", "/usr/sbin/iptables -F")),
    "sudo in a group": (
        "sudo", "ann : TTY=unknown ; PWD=/ ; USER=root ; GROUP=adm ; COMMAND=/sbin/ip a",
        ("ann (192.0.2.7)", "/sbin/ip a"),
    ),
    "sudo of a script without a terminal": (
        "sudo", "bob : PWD=/ ; USER=root ; COMMAND=/usr/sbin/nft -f /etc/x", ("bob", "/usr/sbin/nft -f /etc/x"),
    ),
    "doas": ("doas", "ann ran command iptables -F as root from /srv", ("ann (192.0.2.7)", "iptables -F")),
    "pkexec": (
        "pkexec",
        "bob: Executing command [USER=root] [TTY=/dev/pts/3] [CWD=/srv] [COMMAND=/usr/sbin/ufw reload]",
        ("bob (pts/3)", "/usr/sbin/ufw reload"),
    ),
}  # fmt: skip


@each_row(("program", "said", "expected"), COMMANDS.values(), ids=COMMANDS)
def test_commands(program: str, said: str, expected: tuple[str, str]) -> None:
    (found,) = commands_of(traces(("trace-logins", journal(LOGIN, (20, program, said)))))
    assert (found.by.name, found.text) == expected
    assert found.by.kind == "person"


@pytest.mark.parametrize(
    "said",
    (
        "ann : command not allowed ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -F",
        "ann : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/sbin/iptables -F",
    ),
)
def test_what_sudo_refused_was_not_run(said: str) -> None:
    assert commands_of(traces(("trace-logins", journal((20, "sudo", said))))) == ()


def test_a_user_with_two_addresses_has_none() -> None:
    two = (15.0, "sshd", "Accepted password for ann from 192.0.2.8 port 50001 ssh2")
    (found,) = commands_of(traces(("trace-logins", journal(LOGIN, two, (20, "sudo", f"{SUDO}/usr/sbin/iptables -F")))))
    assert found.by.name == "ann (pts/1)"


def test_a_closed_session_is_no_address() -> None:
    closed = (15.0, "sshd", "pam_unix(sshd:session): session closed for user ann")
    text = journal(LOGIN, closed, (40, "sudo", f"{SUDO}/usr/sbin/iptables -F"))
    (found,) = commands_of(traces(("trace-logins", text)))
    assert found.by.name == "ann (pts/1)"
    (login,) = logins_of(traces(("trace-logins", text)))
    assert (login.address, login.until) == ("192.0.2.7", BEGUN + 15)


def test_a_shell_as_root_is_told_of_and_what_only_shows_is_not() -> None:
    text = journal(
        (20, "sudo", f"{SUDO}/usr/bin/su -"),
        (30, "sudo", f"{SUDO}/usr/sbin/iptables -L"),
        (40, "su", "pam_unix(su-l:session): session opened for user root(uid=0) by bob(uid=1001)"),
        (50, "sshd", "Accepted publickey for root from 192.0.2.9 port 5 ssh2"),
    )
    said = [str(each.what) for each in people_entries(traces(("trace-logins", text)))]
    assert said == [
        "ann (pts/1) opened a root shell; the commands in it were not logged",
        "bob became root with su; the commands after that were not logged",
        "root logged in from 192.0.2.9; the commands of this login were not logged",
    ]


def test_how_long_a_shell_was_open() -> None:
    text = journal(
        (20, "sudo", f"{SUDO}/bin/bash"), (200, "sudo", "pam_unix(sudo-i:session): session closed for user root")
    )
    (entry,) = people_entries(traces(("trace-logins", text)))
    assert str(entry.what) == "ann (pts/1) had a root shell for 3 min; the commands in it were not logged"
    assert entry.until == BEGUN + 200


def test_a_shell_as_another_user_is_none_as_root() -> None:
    text = journal((20, "sudo", "ann : TTY=pts/1 ; PWD=/ ; USER=postgres ; COMMAND=/bin/bash"))
    assert list(people_entries(traces(("trace-logins", text)))) == []


def test_the_runs_of_a_playbook_are_one_entry() -> None:
    ran = f"{SUDO}/bin/sh -c 'echo BECOME-SUCCESS-x ; /usr/bin/python3 /srv/ann/.ansible/tmp/x/AnsiballZ_%s.py'"
    modules = ("setup", "iptables", "systemd", "iptables")
    text = journal(*((20.0 + 30 * place, "sudo", ran % name) for place, name in enumerate(modules)))
    (entry,) = people_entries(traces(("trace-logins", text)))
    said = "ann (pts/1) ran Ansible as root, modules iptables, systemd; the arguments of the modules were not logged"
    assert str(entry.what) == said
    assert (entry.at, entry.until, entry.effect) == (BEGUN + 50, BEGUN + 110, None)


def test_a_script_that_a_person_calls() -> None:
    text = journal((20, "sudo", f"{SUDO}/opt/fix.sh"))
    lines = ("trace-scripts", "/opt/fix.sh:2:ip link set eth0 down\n")
    (entry,) = people_entries(traces(("trace-logins", text), lines))
    assert entry.effect == Effect(commands="ip link set eth0 down")


def test_the_lab_host() -> None:
    """What was in an environment, in a container and in a login to a registry has stayed on the host."""
    found = [str(each.what) for each in people_entries(traces_of(lab()))]
    assert "alice (pts/0, 127.0.0.1) ran `/usr/sbin/iptables -F DOCKER-USER`" in found
    assert "alice (pts/0, 127.0.0.1) ran `/usr/bin/sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'`" in found
    whole = "".join(each.text for each in lab().readings)
    assert not any(secret in whole for secret in ("hunter2", "secretvalue", "topsecret"))

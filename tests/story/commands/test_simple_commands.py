"""The simple commands of a command line."""

from hairpin.story.commands.simple_commands import Simple, command_line, is_shell
from tests.rows import each_row

FLUSH = ("iptables", "-F")

# the command, its text without the shell and wrappers, its commands: words, and whether they run for sure and here
LINES: dict[str, tuple[str, str, tuple[tuple[tuple[str, ...], bool], ...]]] = {
    "plain": ("iptables -F", "iptables -F", ((FLUSH, True),)),
    "a shell": ("/bin/sh -c 'iptables -F'", "iptables -F", ((FLUSH, True),)),
    "a login shell": ("/bin/bash --login -c iptables\\ -F", "iptables -F", ((FLUSH, True),)),
    "options in one word": ("bash -euxc 'iptables -F'", "iptables -F", ((FLUSH, True),)),
    "a shell within a shell": ("sh -c 'bash -lc \"iptables -F\"'", "iptables -F", ((FLUSH, True),)),
    "sudo's log without quotes": ("sh -c echo 1 > /proc/x", "echo 1 > /proc/x", ((("echo", "1"), True),)),
    "su": ("su - root -c 'iptables -F'", "iptables -F", ((FLUSH, True),)),
    "su to another user": ("su ann -c 'x y'", "su ann -c 'x y'", ((("su", "ann", "-c", "x y"), True),)),
    "wrappers": ("env A=b nice -n 5 timeout -k 1 9 iptables -F", "iptables -F", ((FLUSH, True),)),
    "systemd-run": ("systemd-run -p Type=oneshot --unit x -- iptables -F", "iptables -F", ((FLUSH, True),)),
    "systemd-run, later": ("systemd-run --on-active=60 iptables -F", "iptables -F", ((FLUSH, False),)),
    "another namespace": ("nsenter -t 1 -n iptables -F", "iptables -F", ((FLUSH, False),)),
    "a list": ("sh -c 'iptables -F; ip a'", "iptables -F; ip a", ((FLUSH, True), (("ip", "a"), True))),
    "a condition": ("if x; then iptables -F; fi", "if x; then iptables -F; fi", ((("x",), False), (FLUSH, False))),
    "a loop": ("for i in 1 2; do iptables -F; done", "for i in 1 2; do iptables -F; done", ((FLUSH, False),)),
    "a word that is no keyword": ("iptables -F if", "iptables -F if", (((*FLUSH, "if"), True),)),
    "a pipe": ("cat x | iptables -F", "cat x | iptables -F", ((("cat", "x"), False), (FLUSH, False))),
    "a redirection": ("iptables -F >/dev/null 2>&1", "iptables -F >/dev/null 2>&1", ((FLUSH, True),)),
    "an open quote": ("iptables -F 'x", "iptables -F 'x", (((*FLUSH, "'x"), True),)),
    "nothing": ("", "", ()),
}


@each_row(("command", "text", "commands"), LINES.values(), ids=LINES)
def test_command_line(command: str, text: str, commands: tuple[tuple[tuple[str, ...], bool], ...]) -> None:
    found = command_line(command)
    assert found.text == text
    assert found.commands == tuple(Simple(words, certain) for words, certain in commands)


@each_row(
    "command",
    ("/bin/bash", "bash -l", "/usr/bin/zsh", "su -", "su - root", "/usr/bin/tmux", "screen -R", "machinectl shell",
     "nsenter -t 1 -n bash", "env A=b ksh"),
)  # fmt: skip
def test_a_shell(command: str) -> None:
    assert is_shell(command)


@each_row("command", ("bash x.sh", "bash -c x", "su ann", "ssh", "tmux kill-server", "machinectl list", ""))
def test_no_shell(command: str) -> None:
    assert not is_shell(command)

"""The command that a person typed, from the comment in ufw's file.  ufw 0.36.2 writes these comments."""

from hairpin.host.boot.configured import Configured
from hairpin.host.managers import ConfigFile
from hairpin.remedy.ufw_typed import Typed, typed_for
from tests.causes.hosts import with_host
from tests.rows import each_row
from tests.small_host import network

USER = "/etc/ufw/user.rules"


def typed(*lines: str) -> Typed | None:
    """Return the command for the last line of ufw's file."""
    host = with_host(network(), files=(ConfigFile(USER, "\n".join(lines)),)).this
    return typed_for(Configured("manager", USER, len(lines)), host)


@each_row(
    ("remembered", "words"),
    (
        ("deny tcp 9000 0.0.0.0/0 any 0.0.0.0/0 in", "ufw deny 9000/tcp"),
        ("deny any 9000 0.0.0.0/0 any 0.0.0.0/0 in", "ufw deny 9000"),
        ("deny tcp 9000 0.0.0.0/0 any 192.0.2.10 in", "ufw deny from 192.0.2.10 to any port 9000 proto tcp"),
        ("reject any any 0.0.0.0/0 any 192.0.2.0/24 in", "ufw reject from 192.0.2.0/24"),
        ("deny_log tcp 9000 0.0.0.0/0 any 0.0.0.0/0 in", "ufw deny log 9000/tcp"),
        ("deny_log-all tcp 9000 0.0.0.0/0 any 0.0.0.0/0 in_eth0",
         "ufw deny in on eth0 log-all to any port 9000 proto tcp"),
        ("route:deny tcp 80 172.17.0.2 any 0.0.0.0/0 in_eth0!out_docker0",
         "ufw route deny in on eth0 out on docker0 to 172.17.0.2 port 80 proto tcp"),
        ("deny udp 53 ::/0 any ::/0 out", "ufw deny out 53/udp"),
        ("deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in", "ufw deny OpenSSH"),
        ("deny tcp 80,443 0.0.0.0/0 any 192.0.2.1 Nginx%20Full - in",
         "ufw deny from 192.0.2.1 to any app 'Nginx Full'"),
    ),
)  # fmt: skip
def test_the_command_is_one_that_ufw_accepts(remembered: str, words: str) -> None:
    assert typed(f"### tuple ### {remembered}", "-A ufw-user-input -j DROP") == Typed(words)


def test_the_nearest_comment_counts_and_has_the_persons_words() -> None:
    far, rule = "### tuple ### deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in", "-A ufw-user-input -j DROP"
    near = "### tuple ### deny tcp 80 0.0.0.0/0 any 0.0.0.0/0 in comment=6e6f"
    assert typed(far, rule, near, rule, rule) == Typed("ufw deny 80/tcp", "no")
    assert typed(far, rule, "### tuple ### of a later ufw", rule) is None
    assert typed(rule) is None
    assert typed_for(None, network().this) is None

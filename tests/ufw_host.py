"""The small Docker host with ufw installed: its files in short, switched off or on."""

import msgspec

from hairpin.events.happening import asked_course
from hairpin.host.managers import ConfigFile, Ufw
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.small_host import network

BEFORE = """# rules.before
*filter
:ufw-before-input - [0:0]
:ufw-before-output - [0:0]
:ufw-before-forward - [0:0]
:ufw-not-local - [0:0]
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-output -o lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-output -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -j DROP
-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT
COMMIT
"""
AFTER = """*filter
:ufw-after-input - [0:0]
:ufw-after-output - [0:0]
:ufw-after-forward - [0:0]
-A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input
COMMIT
"""


def user_rules(*allowed: str, limit: str = "3/minute") -> str:
    """Return ufw's file of the user's rules, with these."""
    chains = ("user-input", "user-output", "user-forward", "user-limit", "user-limit-accept")
    return "\n".join((
        "*filter", *(f":ufw-{each} - [0:0]" for each in chains), *allowed,
        f'-A ufw-user-limit -m limit --limit {limit} -j LOG --log-prefix "[UFW LIMIT BLOCK] "',
        "-A ufw-user-limit -j REJECT", "-A ufw-user-limit-accept -j ACCEPT", "COMMIT\n",
    ))  # fmt: skip


def default(policy: str = "DROP", *more: str, forward: str = "DROP") -> str:
    """Return /etc/default/ufw with these default policies for what comes in and for what is forwarded."""
    values = ("IPV6=yes", f'DEFAULT_INPUT_POLICY="{policy}"', 'DEFAULT_OUTPUT_POLICY="ACCEPT"',
              f'DEFAULT_FORWARD_POLICY="{forward}"', "IPT_SYSCTL=/etc/ufw/sysctl.conf")  # fmt: skip
    return "\n".join((*values, *more, ""))


def with_ufw(within: Network | None = None, scripts: tuple[str, ...] | None = (), **texts: str) -> Network:
    """Return the host on which ufw is installed and not enabled.  ``texts``: what is otherwise in its files: before,
    after, user, sysctl, default, conf; empty: the file is not there."""
    files = {
        "/etc/ufw/before.rules": texts.get("before", BEFORE),
        "/etc/ufw/after.rules": texts.get("after", AFTER),
        "/etc/ufw/user.rules": texts.get("user", user_rules()),
        "/etc/ufw/sysctl.conf": texts.get("sysctl", "net/ipv4/conf/all/accept_redirects=0\n"),
        "/etc/default/ufw": texts.get("default", default()),
        "/etc/ufw/ufw.conf": texts.get("conf", "ENABLED=no\nLOGLEVEL=low\n"),
    }
    within = within or network()
    kept = tuple(ConfigFile(path, text) for path, text in files.items() if text)
    return within.with_host(msgspec.structs.replace(within.this, files=kept, ufw=Ufw(enabled=False, scripts=scripts)))


def enabled(within: Network) -> Network:
    """Return the host after ``ufw enable``."""
    return asked_course(within, parse_event("ufw-enable"))[1].network

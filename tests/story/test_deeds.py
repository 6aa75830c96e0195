"""What a command does to the network."""

import pytest

from hairpin.host.managers import HIDDEN
from hairpin.story.deeds import effect_of_command, named_units
from hairpin.story.entry import Effect
from hairpin.story.unit_events import Verb

CASES: dict[str, tuple[str, Effect | None]] = {
    "a unit": ("/usr/bin/systemctl restart firewalld", Effect(event="firewalld-restart")),
    "a unit, by enable --now": ("systemctl enable --now ufw.service", Effect(event="ufw-enable")),
    "service": ("service docker restart", Effect(event="docker-restart")),
    "a unit that changes nothing": ("systemctl restart ssh", None),
    "a unit that is shown": ("systemctl status docker", None),
    "a chain is flushed": ("/usr/sbin/iptables -F FORWARD", Effect(commands="/usr/sbin/iptables -F FORWARD")),
    "rules are shown": ("iptables -t nat -nvL", None),
    "rules are shown, in their long form": ("iptables --list-rules FORWARD", None),
    "rules are saved": ("iptables-save", None),
    "a sysctl is written": ("sysctl -w net.ipv4.ip_forward=0", Effect(commands="sysctl -w net.ipv4.ip_forward=0")),
    "a sysctl without -w": ("sysctl net.ipv4.ip_forward=0", Effect(commands="sysctl net.ipv4.ip_forward=0")),
    "a sysctl is shown": ("sysctl net.ipv4.ip_forward", None),
    "all sysctl files": ("sysctl --system", Effect(event="sysctl-system")),
    "a file of /proc is written": (
        "/usr/bin/sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'",
        Effect(commands="echo 0 > /proc/sys/net/ipv4/ip_forward"),
    ),
    "the same without sudo's quotes": (
        "/bin/sh -c echo 0 > /proc/sys/net/ipv4/ip_forward",
        Effect(commands="echo 0 > /proc/sys/net/ipv4/ip_forward"),
    ),
    "several commands": (
        "sh -c 'iptables -F; systemctl restart ssh'", Effect(commands="iptables -F; systemctl restart ssh"),
    ),
    "one command of a shell is an event": ("sh -c 'ufw reload'", Effect(event="ufw-reload")),
    "an address is shown": ("ip -br a", None),
    "an address is added": ("ip addr add 192.0.2.1/24 dev eth0", Effect(commands="ip addr add 192.0.2.1/24 dev eth0")),
    "nft lists": ("nft list ruleset", None),
    "nft loads": ("nft -f /etc/nftables.conf", Effect(commands="nft -f /etc/nftables.conf")),
    "firewalld is reloaded": ("firewall-cmd --reload", Effect(event="firewalld-reload")),
    "a permanent change of firewalld": ("firewall-cmd --permanent --add-port=80/tcp", None),
    "a running change of firewalld": ("firewall-cmd --add-port=80/tcp", Effect()),
    "ufw's state": ("ufw status verbose", None),
    "a container": ("docker restart -t 0 web", Effect(event="container-restart", name="web")),
    "containers are listed": ("docker ps -a", None),
    "a container is run": ("docker run -d --name web nginx", Effect()),
    "a project": ("docker compose up -d", Effect(event="compose-recreate")),
    "conntrack is flushed": ("conntrack -F", Effect(event="conntrack-flush")),
    "connections are listed": ("conntrack -L", None),
    "what was not collected": (f"/usr/sbin/iptables {HIDDEN}", Effect(commands=HIDDEN)),
    "an editor": ("vim /etc/sysctl.conf", None),
    "an open quote": ("iptables -F 'it", Effect(commands="iptables -F ''\"'\"'it'")),
    "nothing": ("", None),
}  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), CASES.values(), ids=CASES)
def test_deed(command: str, expected: Effect | None) -> None:
    assert effect_of_command(command) == expected


UNITS: dict[str, tuple[str, tuple[tuple[str, Verb], ...]]] = {
    "two units": (
        "systemctl restart docker firewalld",
        (("docker.service", "restart"), ("firewalld.service", "restart")),
    ),
    "in a shell": ("sh -c 'systemctl stop ufw'", (("ufw.service", "stop"),)),
    "service": ("/usr/sbin/service networking restart", (("networking.service", "restart"),)),
    "ufw starts its unit's work": ("ufw enable", (("ufw.service", "start"),)),
    "netplan": ("netplan apply", (("systemd-networkd.service", "restart"), ("NetworkManager.service", "restart"))),
    "a state": ("systemctl status docker", ()),
    "another program": ("iptables -F", ()),
}


@pytest.mark.parametrize(("command", "expected"), UNITS.values(), ids=UNITS)
def test_named_units(command: str, expected: tuple[tuple[str, Verb], ...]) -> None:
    assert named_units(command) == expected

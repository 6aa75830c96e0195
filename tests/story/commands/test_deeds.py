"""What a command does to the network."""

from hairpin.host.managers import HIDDEN
from hairpin.story.commands.deeds import effect_of_command, named_units
from hairpin.story.entry import Effect, Verb
from tests.rows import each_row

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
    "a table is loaded from a pipe": ("sh -c 'cat x | iptables-restore'", Effect(commands="cat x | iptables-restore")),
    "a rule is looked for": ("iptables -C FORWARD -j DROP", None),
    "a namespace of its own": ("ip -n x link set e down", Effect(commands="ip -n x link set e down")),
    "a batch": ("ip -batch /etc/x", Effect(commands="ip -batch /etc/x")),
    "a network": ("docker network create back", Effect()),
    "a network, behind an option": ("docker --context x network prune -f", Effect()),
    "networks are listed": ("docker network ls", None),
    "a swarm": ("docker swarm init", Effect()),
    "a pod": ("podman kube play x.yaml", Effect()),
    "NetworkManager": ("nmcli con up eth0", Effect()),
    "NetworkManager shows": ("nmcli con show eth0", None),
    "a configuration tool": ("salt-call state.apply firewall", Effect()),
    "Ansible's module": ("sh -c 'echo BECOME-x ; /usr/bin/python3 /srv/a/AnsiballZ_iptables.py'", Effect()),
    "a module of Ansible's that changes nothing": ("sh -c 'python3 /srv/a/AnsiballZ_setup.py'", None),
    "Ansible's raw command": ("sh -c 'echo BECOME-x ; iptables -F'", Effect(commands="echo BECOME-x ; iptables -F")),
    "systemd-run": ("systemd-run ip link set e down", Effect(commands="ip link set e down")),
    "systemd-run, later": (
        "systemd-run --on-active=9 ip link set e down", Effect(commands="systemd-run --on-active=9 ip link set e down"),
    ),
    "only shown in a shell": ("sh -c 'iptables -L && docker ps'", None),
    "a shell's text that was cut": (f"sh -c 'iptables {HIDDEN}'", Effect(commands=HIDDEN)),
    "an editor": ("vim /etc/sysctl.conf", None),
    "an open quote": ("iptables -F 'it", Effect(commands="iptables -F ''\"'\"'it'")),
    "nothing": ("", None),
}  # fmt: skip


@each_row(("command", "expected"), CASES.values(), ids=CASES)
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


@each_row(("command", "expected"), UNITS.values(), ids=UNITS)
def test_named_units(command: str, expected: tuple[tuple[str, Verb], ...]) -> None:
    assert named_units(command) == expected

"""Holds the guard's answers against those of the command without a guard, before and after changes of each part."""

import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hairpin.lab.build import Lab
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.run import environment

PLAN = LabPlan(
    containers=(
        ContainerPlan(publish=("8151:80",)),
        ContainerPlan(name="db", publish=("8152:80",), networks=("back",)),
    ),
    networks=(NetworkPlan("back"),),
)
ASKED = (
    ("check", "8151", "--no-replica", "--no-traces", "--json"),
    ("check", "--no-replica", "--no-traces", "--lang", "zh"),
)
FURTHER = (
    ("check", "8151", "-v"),
    ("events", "8151"),
    ("walk", "8151", "--from", "192.0.2.10", "--json"),
    ("explain", "curl: (7) Failed to connect to 198.51.100.11 port 8151: Connection refused"),
)
WARM = """
import sys
from hairpin.cli.guarding import client
client.ACCEPT_S = client.ANSWER_S = 120.0
sys.exit(client.answer_of_guard(sys.argv[1:]))
"""
"""Fails where the guard does not answer; the command itself would then read the host."""
_TIMES = re.compile(
    r'\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|sha256:[0-9a-f]{12,}|"(?:elapsed|took|answered)_ms": \d+'
    r"|\b\d+ (?:s|seconds|min) ago\b|(?<=expires in )\d+ s"
    r"|(?<=ipv4     2 )\w+ +\d+ \d+"
)
"""Times, and in conntrack's own lines and what is said of them the seconds that an entry has left."""


class Change(msgspec.Struct, frozen=True):
    """Something that changes on the host, and what takes it back."""

    name: str
    make: str
    undo: str


_PORTS = "ls /sys/class/net/docker0/brif | head -n 1"
_LOST = "for each in $(ls /sys/class/net | grep veth); do [ -e /sys/class/net/$each/master ] || echo $each; done"
_DROP = "DOCKER-USER -p tcp --dport 80 -j DROP"
_NATIVE = "nft add table inet w; nft add chain inet w f '{ type filter hook forward priority 5; policy drop; }'"
_INSIDE = "nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' web)/ns/net iptables"
_UNTOLD = ("net.ipv4.conf.eth0.rp_filter", "net.ipv4.conf.all.arp_ignore")
_CONNECTION = "conntrack -I -p tcp -s 192.0.2.10 -d 198.51.100.11 --sport 40000 --dport 8151 --state ESTABLISHED -t 300"
_REPLY = "-u SEEN_REPLY -r 172.17.0.9 -q 192.0.2.10 --reply-port-src 80 --reply-port-dst 40000"
_SCRIPT = "mkdir -p /opt/w; echo 'iptables -F' >/opt/w/job; chmod +x /opt/w/job"
_JOB = f"{_SCRIPT}; echo '@reboot root /opt/w/job' >/etc/cron.d/w"
_DAEMON = "/etc/docker/daemon.json"
CHANGES = (
    Change("rules", f"iptables -I {_DROP}", f"iptables -D {_DROP}"),
    Change("native rules", _NATIVE, "nft delete table inet w"),
    Change("link", "ip link set docker0 down", "ip link set docker0 up"),
    Change("bridge port", f"ip link set $({_PORTS}) nomaster", f"ip link set $({_LOST}) master docker0"),
    Change(
        "address", "ip address del 172.17.0.1/16 dev docker0",
        "ip address add 172.17.0.1/16 broadcast 172.17.255.255 dev docker0",
    ),
    Change("route", "ip route add blackhole 192.0.2.0/24", "ip route del blackhole 192.0.2.0/24"),
    Change("rule", "ip rule add to 172.17.0.0/16 prio 99 unreachable", "ip rule del to 172.17.0.0/16 prio 99"),
    Change("sysctl", "sysctl -qw net.ipv4.conf.eth0.forwarding=0", "sysctl -qw net.ipv4.conf.eth0.forwarding=1"),
    Change("untold sysctls", f"sysctl -qw {_UNTOLD[0]}=1 {_UNTOLD[1]}=8", f"sysctl -qw {_UNTOLD[0]}=0 {_UNTOLD[1]}=0"),
    Change("container", "docker stop -t 0 web", "docker start web"),
    Change("pause", "docker pause web", "docker unpause web"),
    Change("network", "docker network disconnect bridge web", "docker network connect bridge web"),
    Change("restart policy", "docker update --restart always web", "docker update --restart no web"),
    Change("listener", "docker exec web sh -c 'kill $(pidof httpd)'", "docker exec -d web httpd -p 80 -h /"),
    Change("rules inside", f"{_INSIDE} -A INPUT -p tcp --dport 80 -j DROP", f"{_INSIDE} -F INPUT"),
    Change("connection", f"{_CONNECTION} {_REPLY}", "conntrack -F"),
    Change(
        "neighbour", "ip neighbour replace 172.17.0.2 lladdr 02:00:00:00:00:99 dev docker0 nud permanent",
        "ip neighbour del 172.17.0.2 dev docker0",
    ),
    Change("relay", "kill $(pidof docker-proxy)", "docker restart -t 0 web db"),
    Change("set", "ipset create w hash:ip; ipset add w 192.0.2.10", "ipset destroy w"),
    Change("file", "echo net.ipv4.ip_forward=0 >/etc/sysctl.d/99-w.conf", "rm /etc/sysctl.d/99-w.conf"),
    Change("script of cron", f"{_JOB}; echo 'nft flush ruleset' >>/opt/w/job", "rm -r /opt/w /etc/cron.d/w"),
    Change(
        "daemon.json", f"cp {_DAEMON} /run/w.json; echo '{{\"iptables\": false}}' >{_DAEMON}",
        f"cp /run/w.json {_DAEMON}",
    ),
    Change("nothing", "true", "true"),
)  # fmt: skip


class Differs(msgspec.Struct, frozen=True):
    """A warm answer that is another one than the cold one."""

    change: str
    words: tuple[str, ...]
    warm: str
    cold: str


def guard_environment() -> dict[str, str]:
    """Return the lab's environment, without the variable that makes an engine of the user's own possible."""
    return {name: value for name, value in environment().items() if not name.startswith("DOCKER_")}


@contextmanager
def running_guard(lab: Lab) -> Generator[int]:
    """Run a guard in the lab's host during the block, and yield the id of its process."""
    lab.host.run('printf \'[[must]]\\nreach = ["8151"]\\nfrom = ["outside"]\\n\' >/run/expect.toml')
    argv = (*lab.host.enter, sys.executable, "-m", "hairpin", "guard", "run", "/run/expect.toml")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=guard_environment(), text=True) as guard:
        assert guard.stdout is not None
        assert guard.stdout.readline(), "the guard does not begin"
        try:
            yield _below(guard.pid)
        finally:
            guard.terminate()


def _below(pid: int) -> int:
    """Return the process that nsenter has started, or itself if it has become the program."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return int(found[0]) if found else pid


def differences(lab: Lab, changes: tuple[Change, ...], asked: tuple[tuple[str, ...], ...] = ASKED) -> Iterator[Differs]:
    """Yield each warm answer that differs from the cold one, right after each change, and after it was taken back."""
    for change in changes:
        for line in (change.make, change.undo):
            for words in (*asked, *asked):  # so that what was answered is there
                _warm(lab, words)
            lab.host.run(f"set +e; {line}")
            for words in asked:
                warm, cold = _warm(lab, words), answer(lab, (sys.executable, "-m", "hairpin", *words, "--fresh"))
                if warm != cold:
                    yield Differs(f"{change.name}: {line}", words, warm, cold)


def _warm(lab: Lab, words: tuple[str, ...]) -> str:
    return answer(lab, (sys.executable, "-c", WARM, *words))


def answer(lab: Lab, argv: tuple[str, ...]) -> str:
    """Return what a command writes to standard output in the lab's host, without times, and its exit status."""
    done = subprocess.run(
        (*lab.host.enter, *argv), capture_output=True, env=guard_environment(), text=True, check=False
    )
    return _TIMES.sub("TIME", f"{done.stdout}\nexit {done.returncode}\n{done.stderr if done.returncode > 3 else ''}")

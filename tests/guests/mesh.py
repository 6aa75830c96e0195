"""The routing mesh of a real swarm against a real kernel with IPVS: a page that comes or not, and hairpin's verdict.

``python -m tests.guests.mesh [KERNEL]`` (root) boots a guest of that Debian kernel, 6.1 by default: this machine's
kernel may lack IPVS.  A lab host in it is a swarm of one node with a service.  Each row changes the node's rules, or
the namespace ``ingress_sbox``; the client, the host, and the host by loopback ask for the page.
``python -m tests.guests.mesh names [KERNEL]``: containers ask for names of services instead.
"""

import json
import shlex
import subprocess
import sys
import time

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import ENVIRONMENT
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import CLIENT, HOST
from tests.guests.booting import ROOT, in_guest

_SANDBOX = "nsenter --net=/var/run/docker/netns/ingress_sbox"
_LOCAL = "-m addrtype --dst-type LOCAL -j DOCKER-INGRESS"
CASES: dict[str, str] = {
    "nothing": "true",
    "nat PREROUTING does not jump": f"iptables -t nat -D PREROUTING {_LOCAL}",
    "nat OUTPUT does not jump": f"iptables -t nat -D OUTPUT {_LOCAL}",
    "FORWARD does not jump": "iptables -D FORWARD -j DOCKER-INGRESS",
    "FORWARD does not jump, and accepts": "iptables -D FORWARD -j DOCKER-INGRESS; iptables -P FORWARD ACCEPT",
    "the nat chain is empty": "iptables -t nat -F DOCKER-INGRESS",
    "the filter chain is empty": "iptables -F DOCKER-INGRESS",
    "the filter chain is empty, and the policy accepts": "iptables -F DOCKER-INGRESS; iptables -P FORWARD ACCEPT",
    "loopback is not masqueraded":
        "iptables -t nat -D POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE",
    "answers are not accepted again":
        "iptables -D DOCKER-INGRESS -p tcp -m state --state RELATED,ESTABLISHED -m tcp --sport 8080 -j ACCEPT; true",
    "the sandbox does not forward": f"{_SANDBOX} sysctl -qw net.ipv4.ip_forward=0",
    "the sandbox marks nothing": f"{_SANDBOX} iptables -t mangle -F PREROUTING",
    "another port is dropped": "iptables -I DOCKER-USER -p tcp --dport 8081 -j DROP",
    "nat is empty": "iptables -t nat -F",
    "no task runs": "docker service scale -d web=0 >/dev/null; sleep 15",
}  # fmt: skip
_MADE = """docker swarm init --advertise-addr {host} >/dev/null
docker service create -d --no-resolve-image --name web -p 8080:80 hairpin-lab httpd -f -p 80 -h /www >/dev/null
until docker ps -q | grep -q .; do sleep 1; done
sleep 5; iptables-save > /run/rules; {sandbox} iptables-save > /run/sandbox"""
_UNDO = f"""iptables-restore < /run/rules; {_SANDBOX} iptables-restore < /run/sandbox
{_SANDBOX} sysctl -qw net.ipv4.ip_forward=1; conntrack -F 2>/dev/null; {_SANDBOX} conntrack -F 2>/dev/null; true"""
_NAMES = (
    "docker network create -d overlay --attachable shop >/dev/null; docker network create plain >/dev/null; "
    "docker service create -d --no-resolve-image --name api --replicas 2 --network shop hairpin-lab "
    "httpd -f -p 80 -h /www >/dev/null; docker run -d --network shop --name near hairpin-lab sleep 3000 >/dev/null; "
    "docker run -d --network plain --name far hairpin-lab sleep 3000 >/dev/null; sleep 20"
)
_NAMED = (
    ("near", "api"),
    ("near", "tasks.api"),
    ("near", "near"),
    ("far", "api"),
    ("far", "tasks.api"),
    ("near", "web"),
)
"""Who asks for which name: of a service on the client's network, of its tasks, of a service on no network of it."""
_ASKED = (
    ("the client", CLIENT, "client", HOST),
    ("the host", "host", "host", HOST),
    ("by loopback", "host", "host", "127.0.0.1"),
)


def judge() -> int:
    """Make each change in this kernel; return the number of answers that differ."""
    differing = 0
    with running_lab(LabPlan(containers=())) as lab:
        lab.host.run(_MADE.format(host=HOST, sandbox=_SANDBOX))
        for name, change in CASES.items():
            lab.host.run(f"{_UNDO}; {change}")
            time.sleep(1)
            for who, origin, start, address in _ASKED:
                line, agrees = _judged(lab, origin, start, address)
                differing += not agrees
                sys.stdout.write(f"{name}, {who}: {line}{'' if agrees else '  DIFFERS'}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(CASES) * len(_ASKED)} questions, {differing} differ\n")
    return 0


def judge_names() -> int:
    """Ask for names of services; return the number of answers that differ."""
    differing = 0
    with running_lab(LabPlan(containers=())) as lab:
        lab.host.run(_MADE.format(host=HOST, sandbox=_SANDBOX))
        lab.host.run(_NAMES)
        for asking, name in _NAMED:
            line, agrees = _name_judged(lab, asking, name)
            differing += not agrees
            sys.stdout.write(f"{asking} asks for {name}: {line}{'' if agrees else '  DIFFERS'}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(_NAMED)} names, {differing} differ\n")
    return 0


def _name_judged(lab: Lab, asking: str, name: str) -> tuple[str, bool]:
    look_up = f"timeout 5 docker exec {asking} ping -c 1 -W 1 {name} 2>&1 | grep -q '^PING'"
    told = subprocess.run((*lab.host.enter, "sh", "-c", look_up), check=False, env=ENVIRONMENT).returncode == 0
    argv = (*lab.host.enter, sys.executable, "-m", "hairpin", "check", f"{name}:80", "--from", f"container:{asking}",
            "--json", "--no-replica")  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, env=ENVIRONMENT, check=False, cwd="/")
    flows: list[dict[str, str]] = json.loads(done.stdout)["flows"] if done.stdout.startswith("{") else []
    verdicts = [f"{each['purpose']} {each['verdict']}" for each in flows]
    known = all(each["verdict"] == "delivered" for each in flows if each["purpose"] == "dns") if flows else False
    return f"{'told' if told else 'not told'}, {', '.join(verdicts) or done.stderr.strip()}", known is told


def _judged(lab: Lab, origin: str, start: str, address: str) -> tuple[str, bool]:
    argv = (*lab.node(start).enter, "curl", "-s", "-m", "8", "-o", "/dev/null", f"http://{address}:8080/")
    served = subprocess.run(argv, check=False, env=ENVIRONMENT).returncode == 0
    asked = ("check", f"{address}:8080", "--from", origin, "--json", "--no-replica")
    argv = (*lab.host.enter, sys.executable, "-m", "hairpin", *asked)
    said = subprocess.run(argv, capture_output=True, text=True, env=ENVIRONMENT, check=False, cwd="/").stdout
    report = json.loads(said) if said.startswith("{") else {"flows": [{"verdict": "nothing"}], "causes": []}
    verdict, causes = report["flows"][0]["verdict"], [each["id"] for each in report["causes"]]
    agrees = (verdict in ("delivered", "leaves")) is served
    return f"{'served' if served else 'hangs'}, {verdict} {', '.join(causes)}", agrees


BOOT = """mount -t tmpfs tmpfs /sys/fs/cgroup
for each in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir /sys/fs/cgroup/$each; mount -t cgroup -o $each cgroup /sys/fs/cgroup/$each
done
mkdir /sys/fs/cgroup/systemd; mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
for each in ip_vs ip_vs_rr xt_ipvs vxlan overlay xt_addrtype xt_nat xt_mark xt_MASQUERADE nft_compat \\
    nf_conntrack_netlink; do
    modprobe $each
done
sysctl -qw net.ipv4.ip_forward=1
for each in containerd containerd-shim-runc-v2 dockerd docker docker-proxy runc; do
    touch -c $(readlink -f $(command -v $each))
done
cd {root} && PYTHONPATH=src TMPDIR=/dev/shm {python} -m {module} --inside
"""
"""A new network namespace forwards if the first one does: dockerd's sandbox has to.  dockerd waits 15 s for containerd,
so its programs are copied into the guest's memory first."""


def main() -> int:
    """Boot a guest and judge there."""
    if sys.argv[1:2] == ["--inside"]:
        return judge_names() if sys.argv[2:] == ["names"] else judge()
    assert __spec__ is not None
    command = BOOT.format(root=shlex.quote(str(ROOT)), python=shlex.quote(sys.executable), module=__spec__.name)
    names = sys.argv[1:2] == ["names"]
    command = f"{command.rstrip()} names\n" if names else command
    in_guest((sys.argv[1 + names :] or ["6.1"])[0], command, limit_s=3000)
    return 0


if __name__ == "__main__":
    sys.exit(main())

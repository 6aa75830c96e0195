"""The routing mesh of a real swarm against a real kernel with IPVS: a page that comes or not, and hairpin's verdict.

A lab host is a swarm of one node with a service.  Each row changes the node's rules, or the namespace ``ingress_sbox``;
the client, the host, and the host by loopback ask for the page.  Or containers ask for names of services.
"""

import subprocess
import time
from collections.abc import Iterator

from hairpin.lab.build import running_lab
from hairpin.lab.node import ENVIRONMENT, Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import CLIENT, HOST
from tests.score.diagnosis import ask
from tests.tables.row import Row, row_of

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


def rows() -> Iterator[Row]:
    """Make each change in this kernel, and yield the rows of its questions."""
    with running_lab(LabPlan(containers=())) as lab:
        lab.host.run(_MADE.format(host=HOST, sandbox=_SANDBOX))
        for name, change in CASES.items():
            lab.host.run(f"{_UNDO}; {change}")
            time.sleep(1)
            for who, origin, start, address in _ASKED:
                served = _succeeds(lab.node(start), f"curl -s -m 8 -o /dev/null http://{address}:8080/")
                answer = ask(lab.host, (f"{address}:8080", "--from", origin, "--no-replica"))
                yield row_of(f"{name}, {who}", answer, served=served)


def name_rows() -> Iterator[Row]:
    """Ask for names of services, and yield a row for each."""
    with running_lab(LabPlan(containers=())) as lab:
        lab.host.run(_MADE.format(host=HOST, sandbox=_SANDBOX))
        lab.host.run(_NAMES)
        for asking, name in _NAMED:
            told = _succeeds(lab.host, f"timeout 5 docker exec {asking} ping -c 1 -W 1 {name} 2>&1 | grep -q '^PING'")
            answer = ask(lab.host, (f"{name}:80", "--from", f"container:{asking}", "--no-replica"))
            flows = answer.report.flows if answer.report is not None else ()
            lost = [each.verdict for each in flows if each.purpose == "dns" and each.verdict != "delivered"]
            verdict = ", ".join(lost) or ("delivered" if flows else "no flow")
            yield Row(f"{asking} asks for {name}", verdict, "", told, seen="told" if told else "not told")


def _succeeds(place: Node, command: str) -> bool:
    argv = (*place.enter, "sh", "-c", command)
    return subprocess.run(argv, check=False, env=ENVIRONMENT, capture_output=True).returncode == 0

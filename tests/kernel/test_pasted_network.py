"""What iproute2, net-tools and ss print in a network namespace is read as what the JSON of iproute2 tells of it."""

import subprocess
from functools import cache

import pytest

from hairpin.evidence.reading import HOST, SCHEMA, Evidence, Reading
from hairpin.host.host import Namespace
from hairpin.host.read.parse import parse
from tests.pasted.readings import evidence_in_text

SETUP = """
ip link set lo up; ip link add docker0 type bridge; ip addr add 172.17.0.1/16 brd + dev docker0
ip link add veth1 type veth peer name eth0; ip link set veth1 master docker0; ip link set veth1 up
ip addr add 10.0.0.2/24 brd + dev eth0; ip link set eth0 mtu 1400 up; ip link set docker0 up
ip route add default via 10.0.0.1 dev eth0 metric 50; ip route add blackhole 10.9.0.0/16
ip route add 10.8.0.0/24 via 172.17.0.9; ip neigh add 10.0.0.9 lladdr 00:11:22:33:44:55 dev eth0
for wait in $(seq 3000); do
    [ "$(ip -6 address show scope link -tentative | grep -c inet6)" = 3 ] && break; sleep 0.1
done
"""
# The kernel gives a link its link-local address when it likes: a command would show it, the one before it would not.
LISTENERS = """
python3 -c "
import socket, time
made = [socket.socket(), socket.socket(socket.AF_INET6), socket.socket(type=socket.SOCK_DGRAM)]
for each, address in zip(made, (('0.0.0.0', 80), ('::', 8080), ('127.0.0.1', 53))):
    each.bind(address)
for each in made[:2]:
    each.listen(7)
print('ready', flush=True)
time.sleep(600)
" > /dev/null &
while kill -0 $! && ! ss -Hltn | grep -q :8080; do sleep 0.05; done
"""
JSON = {"ip-addr": "ip -j -d addr", "ip-route4": "ip -4 -j -d route", "ip-neigh": "ip -j -d neigh"}


@cache
def printed() -> dict[str, str]:
    """Return what each command prints in one namespace."""
    commands = (
        *JSON.values(), "ip addr", "ip -br addr", "ifconfig -a", "ip route", "route -n", "netstat -rn", "ip neigh",
        "arp -n", "arp -an", "ip -j addr", "ss -H -n -l -e -m -t -u", "ss -lntup", "netstat -lntup", "ss -ln",
        "cat /proc/net/arp",
    )  # fmt: skip
    script = SETUP + LISTENERS + "".join(f"echo '=== {each}'; {each};" for each in commands) + "kill $!"
    done = subprocess.run(("unshare", "--net", "sh", "-c", script), capture_output=True, text=True, check=False)
    found = (part.partition("\n") for part in done.stdout.split("=== ")[1:])
    return {command: text for command, _, text in found}


@cache
def kernel() -> Namespace:
    named = {**JSON, "sockets": "ss -H -n -l -e -m -t -u"}
    rows = (Reading("", key, HOST, each, "", 0, "text", printed()[each]) for key, each in named.items())
    return parse(Evidence(SCHEMA, "", "", "host", "", tuple(rows))).namespaces[0]


def told(command: str) -> Namespace:
    return parse(evidence_in_text(f"$ {command}\n{printed()[command]}\n")).namespaces[0]


@pytest.mark.parametrize("command", ("ip addr", "ip -br addr", "ifconfig -a", "ip -j addr"))
def test_addresses(command: str) -> None:
    def facts(own: Namespace) -> set[tuple[str, int, int, int, str]]:
        return {(each.link, each.version, each.value, each.prefix_length, each.scope) for each in own.addresses}

    assert facts(told(command)) == facts(kernel())
    assert {each.name: (each.up, each.carrier) for each in told(command).links} == {
        each.name: (each.up, each.carrier) for each in kernel().links
    }


@pytest.mark.parametrize("command", ("ip addr", "ifconfig -a", "ip -j addr"))
def test_links(command: str) -> None:
    facts = {each.name: (each.mtu_bytes, each.mac) for each in kernel().links}
    assert {each.name: (each.mtu_bytes, each.mac) for each in told(command).links} == facts


@pytest.mark.parametrize("command", ("ip route", "route -n", "netstat -rn"))
def test_routes(command: str) -> None:
    def facts(own: Namespace) -> set[tuple[object, ...]]:
        return {
            (each.type, each.destination, each.prefix_length, *((hop.link, hop.gateway) for hop in each.next_hops))
            for each in own.routes
        }

    assert facts(told(command)) == facts(kernel())
    if command != "netstat -rn":
        assert {each.metric for each in told(command).routes} == {each.metric for each in kernel().routes}


@pytest.mark.parametrize("command", ("ip neigh", "arp -n", "arp -an", "cat /proc/net/arp"))
def test_neighbours(command: str) -> None:
    def facts(own: Namespace) -> set[tuple[str, int, int | None]]:
        return {(each.link, each.value, each.mac) for each in own.neighbours if each.mac}

    assert facts(told(command)) == facts(kernel())


@pytest.mark.parametrize("command", ("ss -lntup", "netstat -lntup", "ss -ln"))
def test_sockets(command: str) -> None:
    def facts(own: Namespace) -> set[tuple[object, ...]]:
        return {(each.protocol, each.version, each.address, each.port, each.v6only) for each in own.sockets}

    assert facts(told(command)) == facts(kernel())

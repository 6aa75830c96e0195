"""The hosts of a proof, and the connection that is tried on each.

``plain``: a host without an engine, a router, and a far machine behind it.  ``guest``: the same, with a namespace that
a bridge joins and that goes out with the host's address.  ``docker``: a container that goes out to the client of a lab.
``published``: the host itself, to a published port.  ``two``: another machine, over ssh, to a published port.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import msgspec

from hairpin.lab.build import running_lab
from hairpin.lab.node import Node, open_host_node, open_wire_node
from hairpin.lab.plan import ContainerPlan, HostPlan, LabPlan
from hairpin.lab.run import running_logins
from hairpin.lab.trial import listening

Kind = Literal["plain", "guest", "docker", "published", "two"]
PORT = 8080
_FAR, _GUEST = "203.0.113.9", "10.9.0.2"
_TWO = LabPlan(
    hosts=(
        HostPlan("node1", (ContainerPlan(publish=("8151:80",)),)),
        HostPlan("node2", (ContainerPlan("other", publish=("8152:80",)),)),
    )
)


class Site(msgspec.Struct):
    """A running site.

    ``asked``: the words of the question.  ``ports``: the port that the packets have beyond the host, and inside it.
    ``uplink``: the link of ``router`` by which the packets reach it, and ``beyond`` the one by which they leave it.
    ``inner``: the namespace at the other end of the host's bridge, and its link.  ``far``: who answers; None if the
    host itself does."""

    kind: Kind
    host: Node
    router: Node
    asked: tuple[str, ...]
    ports: tuple[int, int]
    uplink: str
    beyond: str
    far: Node | None = None
    inner: tuple[str, ...] = ()

    def watched(self) -> tuple[tuple[str, Node, tuple[str, ...]], ...]:
        """Return the namespaces that have to be as before: their names, nodes, and the words that enter them there."""
        found: list[tuple[str, Node, tuple[str, ...]]] = [("host", self.host, ()), ("router", self.router, ())]
        if self.inner:
            found.append(("inner", self.host, self.inner))
        return tuple(found)


@contextmanager
def open_site(kind: Kind) -> Generator[Site]:
    """Build a healthy site, and yield it."""
    if kind in ("plain", "guest"):
        with _light(kind) as site:
            yield site
        return
    with running_lab(_TWO if kind == "two" else LabPlan()) as lab:
        host = lab.host
        pid = host.run(("docker", "inspect", "-f", "{{.State.Pid}}", "web")).strip()
        inner = ("nsenter", f"--net=/proc/{pid}/ns/net")
        host.run(f"until {' '.join(inner)} ss -Hltn 'sport = 80' | grep -q .; do sleep 0.05; done")
        match kind:
            case "docker":
                with listening(lab.client, PORT):
                    asked = (f"192.0.2.10:{PORT}", "--from", "web")
                    yield Site(kind, host, lab.router, asked, (PORT, PORT), "host0", "client0", lab.client, inner)
            case "published":
                asked = ("198.51.100.11:8151", "--from", "host")
                yield Site(kind, host, lab.router, asked, (8151, 80), "host0", "host0", None, inner)
            case _:
                with running_logins(lab):
                    there = ("198.51.100.11:8151", "--from", "198.51.100.12", "--probe-from", "root@198.51.100.12")
                    yield Site(kind, host, lab.router, there, (8151, 80), "node20", "node10", None, inner)


@contextmanager
def _light(kind: Kind) -> Generator[Site]:
    with open_host_node("host") as host, open_wire_node("router") as router, open_wire_node("far") as far:
        for each in (host, router, far):
            each.run(("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"))
            each.run("ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0")
        router.run(
            f"ip link add h0 type veth peer name eth0 netns {host.pid}; ip link set h0 up;"
            f"ip link add s0 type veth peer name eth0 netns {far.pid}; ip link set s0 up;"
            "ip address add 198.51.100.1/24 dev h0; ip address add 203.0.113.1/24 dev s0"
        )
        host.run("ip address add 198.51.100.11/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1")
        far.run(f"ip address add {_FAR}/24 dev eth0; ip link set eth0 up; ip route add default via 203.0.113.1")
        for each in (host, router, far):
            each.run("while ip -o link | grep -q 'NO-CARRIER'; do sleep 0.05; done")
        inner: tuple[str, ...] = ()
        if kind == "guest":
            host.run(
                "ip netns add guest; ip netns exec guest sysctl -qw net.ipv6.conf.default.disable_ipv6=1;"
                "ip link add br0 type bridge; ip address add 10.9.0.1/24 dev br0; ip link set br0 up;"
                "ip link add v0 master br0 type veth peer name eth0 netns guest; ip link set v0 up;"
                f"ip -n guest address add {_GUEST}/24 dev eth0; ip -n guest link set eth0 up;"
                "ip -n guest link set lo up;"
                "ip -n guest route add default via 10.9.0.1;"
                "until ip -o link show br0 | grep -q 'state UP'; do sleep 0.05; done;"
                "nft add table ip out; nft 'add chain ip out p { type nat hook postrouting priority 100; }';"
                "nft add rule ip out p ip saddr 10.9.0.0/24 oifname eth0 masquerade"
            )
            inner = ("ip", "netns", "exec", "guest")
        with listening(far, PORT, address=_FAR):
            asked = (f"{_FAR}:{PORT}", "--from", "netns:guest" if inner else "host")
            yield Site(kind, host, router, asked, (PORT, PORT), "h0", "s0", far, inner)


PYTHON = (sys.executable, "-I", "-S")

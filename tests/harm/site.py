"""The kinds of hosts that decisions and accidents are put on: each has other containers, with published and
unpublished ports, which a decision protects too.  All are healthy when they are built."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Literal

import msgspec

from hairpin.lab.plan import ContainerPlan, Engine, LabPlan, NetworkPlan
from tests.hunt.real.exchange import ANSWER_BYTES

Kind = Literal["docker", "legacy", "proxy off", "own network", "own rules", "podman", "firewalld", "ufw", "ufw, IPv6"]
_FILL = f"head -c {ANSWER_BYTES} /dev/zero | tr '\\0' '.'"
_NAMES = ("web", "db", "admin", "cache", "own")
_PAGES = tuple(f"mkdir -p /srv/{name}; {{ echo {name}; {_FILL}; }} > /srv/{name}/index.html" for name in _NAMES)
"""Commands that write each service's page, which names it."""
_UPLINK = """mkdir -p /etc/network; printf 'auto eth0\\niface eth0 inet static\\n  address 198.51.100.11/24\\n\\
  gateway 198.51.100.1\\n' > /etc/network/interfaces"""
_OWN_RULES = r"""printf '%s\n' 'table ip edge {' 'chain in {' 'type nat hook prerouting priority dstnat;' \
  'iifname "eth0" tcp dport 8151 dnat to 172.17.0.2:80' 'iifname "eth0" tcp dport 5432 dnat to 172.17.0.3:80' \
  'iifname "eth0" tcp dport 9100 dnat to 172.17.0.4:80' '}' 'chain out {' 'type nat hook postrouting priority srcnat;' \
  'ip saddr 172.17.0.0/16 oifname "eth0" masquerade' '}' '}' > /etc/nftables.conf; nft -f /etc/nftables.conf"""
"""What an administrator who keeps dockerd from making rules makes instead."""
_LEGACY = tuple(f"update-alternatives --set {name} /usr/sbin/{name}-legacy" for name in ("iptables", "ip6tables"))


class Site(msgspec.Struct, frozen=True):
    """One kind of host, and the chance that draws on it.

    ``chain``: where an administrator puts rules about containers.  ``let_in``: what such a rule ends with."""

    kind: Kind
    random: Random
    engine: Engine = "docker"
    subnet: str = "172.17.0.0/16"
    bridge: str = "docker0"
    web: str = "172.17.0.2"
    chain: str = "DOCKER-USER"
    let_in: str = "RETURN"

    def one_of(self, *words: str) -> str:
        """Return one of the words."""
        return self.random.choice(words)

    def may_save(self, file: str = "/etc/iptables/rules.v4") -> tuple[str, ...]:
        """Return the command that saves all rules, for about half of the hosts."""
        if self.random.random() < 0.5:
            return ()
        return (f"mkdir -p /etc/iptables; iptables-save > {file}",)


def site(kind: Kind, random: Random) -> Site:
    """Return the host of that kind."""
    if kind == "own network":
        return Site(kind, random, subnet="172.30.0.0/24", bridge="br-app", web="172.30.0.2")
    if kind == "podman":
        return Site(
            kind, random, "podman", subnet="10.88.0.0/16", bridge="podman0", web="10.88.0.2", chain="FORWARD",
            let_in="ACCEPT",
        )  # fmt: skip
    return Site(kind, random)


def box(
    name: str, *publish: str, network: str = "bridge", options: str = "", engine: Engine = "docker"
) -> ContainerPlan:
    """Return a container whose page names it."""
    words = f"-v /srv/{name}:/www:ro {options}".strip()
    return ContainerPlan(name, publish, "http", (network,), words, engine)


def _boxes(network: str = "bridge", engine: Engine = "docker", web: str = "") -> tuple[ContainerPlan, ...]:
    return (
        box("web", "8151:80", network=network, engine=engine, options=web),
        box("db", "5432:80", network=network, engine=engine),
        box("admin", "9100:80", network=network, engine=engine),
        box("cache", network=network, engine=engine),
    )


def _beside_manager() -> tuple[ContainerPlan, ...]:
    return (box("web", "8151:80"), box("db", "5432:80"), box("own", network="host", options="--expose 80"))


_PLANS: Mapping[Kind, Callable[[], LabPlan]] = {
    "docker": lambda: LabPlan(containers=_boxes()),
    "legacy": lambda: LabPlan(containers=_boxes(), before_engine=_LEGACY),
    "proxy off": lambda: LabPlan(containers=_boxes(), daemon='{"userland-proxy": false}'),
    "own network": lambda: LabPlan(
        networks=(NetworkPlan("app", "--subnet 172.30.0.0/24 -o com.docker.network.bridge.name=br-app"),),
        containers=_boxes("app"),
    ),
    "own rules": lambda: LabPlan(
        containers=_boxes(), daemon='{"iptables": false, "userland-proxy": false}', setup=(_OWN_RULES,)
    ),
    "podman": lambda: LabPlan(docker=False, podman="netavark", containers=_boxes(engine="podman")),
    "firewalld": lambda: LabPlan(
        containers=_beside_manager(), firewall="firewalld",
        before_engine=("firewall-offline-cmd --add-port=80/tcp", "firewall-offline-cmd --add-port=7999/tcp"),
    ),
    "ufw": lambda: LabPlan(
        containers=_beside_manager(), firewall="ufw", setup=("ufw allow 80/tcp", "ufw allow 7999/tcp")
    ),
    "ufw, IPv6": lambda: LabPlan(containers=_beside_manager(), firewall="ufw", ipv6=True, setup=("ufw allow 80/tcp",)),
}  # fmt: skip


def plan_of(kind: Kind, containers: tuple[ContainerPlan, ...] = ()) -> LabPlan:
    """Return the lab of that kind.  ``containers``: what stands in place of those of the same name, or beside them."""
    plan = _PLANS[kind]()
    named = {each.name: each for each in (*plan.containers, *containers)}
    return msgspec.structs.replace(
        plan, containers=tuple(named.values()), before_engine=(*_PAGES, _UPLINK, *plan.before_engine)
    )

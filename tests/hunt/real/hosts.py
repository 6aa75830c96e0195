"""The kinds of hosts that the real hunt changes, each a plan of the lab.  All are healthy when they are built."""

from collections.abc import Callable, Mapping
from typing import Literal

from hairpin.lab.plan import ContainerPlan, Engine, HostPlan, LabPlan, NetworkPlan
from hairpin.lab.topology import HOST_SECOND
from tests.hunt.real.exchange import ANSWER_BYTES

_FILL = f"head -c {ANSWER_BYTES} /dev/zero | tr '\\0' '.'"
PAGES = tuple(
    f"mkdir -p /srv/{name}; {{ echo {name}; {_FILL}; }} > /srv/{name}/index.html"
    for name in ("web", "api", "db", "own", "second")
)
"""Commands that write each service's page, which names it."""

_ROUTER = "198.51.100.1"
_ADDRESS = "$(ip -4 -o address show dev eth0 | awk '{print $4}')"
_CONFIGURED = (
    f"""mkdir -p /etc/network; printf 'auto eth0\\niface eth0 inet static\\n  address %s\\n  gateway {_ROUTER}\\n' \\
    "{_ADDRESS}" > /etc/network/interfaces""",
    f"""mkdir -p /etc/systemd/network; printf '[Match]\\nName=eth0\\n[Network]\\nAddress=%s\\nGateway={_ROUTER}\\n' \\
    "{_ADDRESS}" > /etc/systemd/network/10-eth0.network""",
    f"""mkdir -p /etc/netplan; printf 'network:\\n  ethernets:\\n    eth0:\\n      addresses: [%s]\\n' "{_ADDRESS}" \\
    > /etc/netplan/50-eth0.yaml
    printf '      routes:\\n      - to: default\\n        via: {_ROUTER}\\n' >> /etc/netplan/50-eth0.yaml""",
)


def configured(kind: str) -> tuple[str, ...]:
    """Return the command that writes the network configuration of such a host; two kinds of hosts have none."""
    if kind in ("own nftables", "macvlan"):
        return ()  # as if a cloud's agent had configured the link
    return (_CONFIGURED[tuple(HOSTS).index(kind) % len(_CONFIGURED)],)


def _box(
    name: str,
    *publish: str,
    networks: tuple[str, ...] = ("bridge",),
    options: str = "",
    engine: Engine = "docker",
    serve: Literal["http", "udp-echo"] = "http",
) -> ContainerPlan:
    pages = f"-v /srv/{name}:/www:ro " if serve == "http" else ""
    return ContainerPlan(name, publish, serve, networks, f"{pages}{options}".strip(), engine)


_WEB = _box("web", "8151:80")
_DB = _box("db")
_POD = _box("web", "8151:80", "127.0.0.1:8153:80", engine="podman")


def _plain() -> LabPlan:
    return LabPlan(containers=(_WEB, _DB))


def _proxy_off() -> LabPlan:
    return LabPlan(containers=(_WEB, _DB), daemon='{"userland-proxy": false}')


def _networks() -> LabPlan:
    return LabPlan(
        networks=(NetworkPlan("front"), NetworkPlan("back", "--subnet 172.30.0.0/24")),
        containers=(
            _box("web", "8151:80", networks=("front", "back")),
            _box("api", "8152:80", networks=("front",)),
            _box("db", networks=("back",)),
        ),
    )


def _ipv6() -> LabPlan:
    daemon = '{"ipv6": true, "fixed-cidr-v6": "2001:db8:d0c::/64", "experimental": true, "ip6tables": true}'
    return LabPlan(containers=(_WEB, _DB), ipv6=True, daemon=daemon)


def _udp() -> LabPlan:
    return LabPlan(containers=(_box("echo", "5353:53/udp", serve="udp-echo"), _WEB))


def _ufw() -> LabPlan:
    own = _box("own", networks=("host",), options="--expose 80")
    return LabPlan(containers=(_WEB, own), firewall="ufw", setup=("ufw allow 80/tcp",))


def _firewalld() -> LabPlan:
    own = _box("own", networks=("host",), options="--expose 80")
    opened = ("firewall-offline-cmd --add-port=80/tcp",)
    return LabPlan(containers=(_WEB, own), firewall="firewalld", before_engine=opened)


_OWN_TABLE = """nft -f - <<END
table inet own {
    set bad { type ipv4_addr; flags interval; elements = { 203.0.113.128/25 } }
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        ip saddr @bad drop
        tcp dport { 22, 8151 } accept
        iifname "docker0" accept
    }
    chain forward {
        type filter hook forward priority -5; policy drop;
        ct state invalid drop
        ct state established,related accept
        ip saddr @bad drop
        iifname "docker0" accept
        oifname "docker0" ct status dnat accept
    }
}
END"""


def _nftables() -> LabPlan:
    return LabPlan(containers=(_WEB, _DB), setup=(_OWN_TABLE,))


def _legacy() -> LabPlan:
    chosen = tuple(f"update-alternatives --set {name} /usr/sbin/{name}-legacy" for name in ("iptables", "ip6tables"))
    return LabPlan(containers=(_WEB, _DB), before_engine=chosen)


def _podman() -> LabPlan:
    api = _box("api", "8152:80", networks=("back",), engine="podman")
    networks = (NetworkPlan("back", engine="podman"),)
    return LabPlan(docker=False, podman="netavark", networks=networks, containers=(_POD, api))


def _podman_beside() -> LabPlan:
    pod = _box("api", "8152:80", engine="podman")
    accepted = ("iptables -I DOCKER-USER -o podman0 -j ACCEPT",)
    return LabPlan(podman="netavark", containers=(_WEB, pod), setup=accepted)


def _user_mode() -> LabPlan:
    api = _box("api", "127.0.0.1:8152:80", "8153:80", networks=("slirp4netns",), engine="podman")
    own = _box("own", networks=("host",), options="--expose 80", engine="podman")
    web = _box("web", "8151:80", networks=("slirp4netns:port_handler=slirp4netns",), engine="podman")
    return LabPlan(docker=False, podman="netavark", containers=(web, api, own))


def _listeners() -> LabPlan:
    return LabPlan(
        containers=(
            _box("web", "8151:80", "8152:8080", "127.0.0.1:8153:80"),
            _box("api", "198.51.100.11:8154:80"),
            _box("own", networks=("host",), options="--expose 80"),
        ),
        setup=("docker exec -d web httpd -p 8080 -h /www",),
    )


def _rules_by_hand() -> LabPlan:
    rules = ("iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",)
    return LabPlan(containers=(_WEB, _DB), daemon='{"iptables": false}', setup=rules)


def _two_links() -> LabPlan:
    routes = (
        "ip route add 198.18.0.0/24 dev eth1 table 100",
        "ip route add default via 198.18.0.1 table 100",
        f"ip rule add from {HOST_SECOND} lookup 100 priority 100",
    )
    return LabPlan(containers=(_WEB, _DB), second_nic=True, setup=routes)


def _macvlan() -> LabPlan:
    options = "--driver macvlan --subnet 198.51.100.0/24 --gateway 198.51.100.1 --ip-range 198.51.100.128/28"
    return LabPlan(
        networks=(NetworkPlan("lan", f"{options} -o parent=eth0"),), containers=(_WEB, _box("own", networks=("lan",)))
    )


def _internal() -> LabPlan:
    return LabPlan(
        networks=(NetworkPlan("front", "-o com.docker.network.bridge.name=br-front"), NetworkPlan("hid", "--internal")),
        containers=(_box("web", "8151:80", networks=("front", "hid")), _box("db", networks=("hid",))),
        daemon='{"icc": false, "live-restore": true}',
    )


def _flannel() -> LabPlan:
    nodes = (HostPlan("node1", (_WEB,)), HostPlan("node2", (_box("web", "8151:80"), _DB)))
    return LabPlan(join="flannel-vxlan", hosts=nodes)


def _swarm() -> LabPlan:
    shop = (NetworkPlan("shop", "--driver overlay --attachable --subnet 10.0.9.0/24"),)
    nodes = (
        HostPlan("node1", (_box("web", "8151:80", networks=("shop",), options="--ip 10.0.9.11"),), shop),
        HostPlan("node2", (_box("api", networks=("shop",), options="--ip 10.0.9.12"),)),
    )
    return LabPlan(join="swarm", hosts=nodes)


def _stretched() -> LabPlan:
    boxes = ((_box("web", "8151:80", networks=("stretched",)),), (_box("api", "8152:80", networks=("stretched",)),))
    return LabPlan(join="bridge-vxlan", hosts=(HostPlan("node1", boxes[0]), HostPlan("node2", boxes[1])))


HOSTS: Mapping[str, Callable[[], LabPlan]] = {
    "plain": _plain,
    "proxy off": _proxy_off,
    "user networks": _networks,
    "dual stack": _ipv6,
    "udp": _udp,
    "ufw": _ufw,
    "firewalld": _firewalld,
    "own nftables": _nftables,
    "iptables legacy": _legacy,
    "podman": _podman,
    "podman beside": _podman_beside,
    "user-mode stack": _user_mode,
    "listeners": _listeners,
    "iptables false": _rules_by_hand,
    "two links": _two_links,
    "macvlan": _macvlan,
    "internal": _internal,
    "flannel vxlan": _flannel,
    "swarm overlay": _swarm,
    "bridge vxlan": _stretched,
}
"""Every kind of host."""

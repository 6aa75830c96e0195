"""The routes, tunnels and rules that join the containers of two or three lab hosts, for each kind of join.

Node N has 198.51.100.(10+N), a lease of 10.244.N.0/24 for docker0, and the flannel.1 address 10.244.N.0.

- ``flannel-vxlan``: the device, routes and entries of flannel's vxlan backend, and the rules of ``flanneld --ip-masq``
  (flannel-io/flannel ``pkg/backend/vxlan/vxlan_network.go``, ``pkg/trafficmngr/iptables/iptables.go``).
- ``flannel-host-gw``: the same rules.  The next hop of each route is the other node.
- ``routes``: only the routes of ``flannel-host-gw``.  No host masquerades.  Forwarding is on before dockerd starts, so
  dockerd leaves the FORWARD policy at ACCEPT.  The router has a route to each container subnet.
- ``bridge-vxlan``: one subnet for all hosts, 10.77.0.0/24.  On each host the bridge of the network ``stretched`` has a
  VXLAN device as one of its ports, with the other hosts as static remotes.
- ``swarm``: the engines are one swarm, whose manager is the first host.  The plan's networks are its overlay networks.
"""

import json
from typing import Final

import msgspec

from hairpin.lab.node import Node
from hairpin.lab.plan import HostPlan, LabPlan, NetworkPlan
from hairpin.lab.topology import HOST, HOSTS

CLUSTER: Final = "10.244.0.0/16"
STRETCHED: Final = "10.77.0.0/24"


def joined_hosts(plan: LabPlan) -> tuple[HostPlan, ...]:
    """Return the plan of each Docker host, with the commands that join the host to the other hosts.

    A lab without ``hosts`` has one Docker host, whose plan is the lab's plan itself.
    """
    if not plan.hosts:
        return (plan,)
    return tuple(_joined(plan, number) for number in range(1, len(plan.hosts) + 1))


def router_commands(plan: LabPlan) -> tuple[str, ...]:
    """Return the router's routes to the containers of the plan's hosts, as shell commands."""
    return tuple(_route(number) for number in range(1, len(plan.hosts) + 1)) if plan.join == "routes" else ()


def _joined(plan: LabPlan, number: int) -> HostPlan:
    host = plan.hosts[number - 1]
    others = tuple(other for other in range(1, len(plan.hosts) + 1) if other != number)
    match plan.join:
        case "" | "swarm":
            return host
        case "flannel-vxlan":
            tunnel = (*_flannel_device(number), *(line for other in others for line in _flannel_peer(other)))
            return _leased(host, number, (*tunnel, _flannel_rules(number)), mtu=1450)
        case "flannel-host-gw":
            return _leased(host, number, (*map(_route, others), _flannel_rules(number)))
        case "routes":
            return _leased(host, number, (*map(_route, others), "sysctl -qw net.ipv4.ip_forward=1"))
        case "bridge-vxlan":
            return msgspec.structs.replace(
                host,
                networks=(*host.networks, _stretched(number)),
                setup=(*_stretched_port(number, others), *host.setup),
            )


def _leased(host: HostPlan, number: int, commands: tuple[str, ...], mtu: int = 1500) -> HostPlan:
    """Return the host with the dockerd options that flannel's ``mk-docker-opts.sh`` derives from the node's lease."""
    lease = {"bip": f"10.244.{number}.1/24", "ip-masq": False, "mtu": mtu}
    return msgspec.structs.replace(
        host, daemon=json.dumps(lease | json.loads(host.daemon)), before_engine=(*commands, *host.before_engine)
    )


def _flannel_device(number: int) -> tuple[str, ...]:
    kind = f"vxlan id 1 local {HOSTS[number - 1]} dev eth0 dstport 8472 nolearning"
    return (
        f"ip link add flannel.1 address {_flannel_mac(number)} mtu 1450 type {kind}",
        f"ip address add 10.244.{number}.0/32 dev flannel.1",
        "ip link set flannel.1 up",
    )


def _flannel_peer(other: int) -> tuple[str, ...]:
    mac = _flannel_mac(other)
    return (
        f"ip neigh replace 10.244.{other}.0 lladdr {mac} dev flannel.1 nud permanent",
        f"bridge fdb append {mac} dev flannel.1 dst {HOSTS[other - 1]} self permanent",
        f"ip route replace 10.244.{other}.0/24 via 10.244.{other}.0 dev flannel.1 onlink",
    )


def _flannel_mac(number: int) -> str:
    return f"7a:5d:0a:f4:0{number}:00"


def _flannel_rules(number: int) -> str:
    """Return the command that loads flanneld's rules.  dockerd adds its own rules later."""
    lease = f"10.244.{number}.0/24"
    masq, forward = ('-m comment --comment "flanneld masq"', '-m comment --comment "flanneld forward"')
    return f"""iptables-restore --noflush <<'EOF'
*nat
:FLANNEL-POSTRTG - [0:0]
-A POSTROUTING {masq} -j FLANNEL-POSTRTG
-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 {masq} -j RETURN
-A FLANNEL-POSTRTG -s {lease} -d {CLUSTER} {masq} -j RETURN
-A FLANNEL-POSTRTG -s {CLUSTER} -d {lease} {masq} -j RETURN
-A FLANNEL-POSTRTG ! -s {CLUSTER} -d {lease} {masq} -j RETURN
-A FLANNEL-POSTRTG -s {CLUSTER} ! -d 224.0.0.0/4 {masq} -j MASQUERADE --random-fully
-A FLANNEL-POSTRTG ! -s {CLUSTER} -d {CLUSTER} {masq} -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD {forward} -j FLANNEL-FWD
-A FLANNEL-FWD -s {CLUSTER} {forward} -j ACCEPT
-A FLANNEL-FWD -d {CLUSTER} {forward} -j ACCEPT
COMMIT
EOF"""


def _route(other: int) -> str:
    return f"ip route replace 10.244.{other}.0/24 via {HOSTS[other - 1]}"


def _stretched(number: int) -> NetworkPlan:
    """Return the host's network in the common subnet.  Each host has its own gateway address and its own address range
    in this subnet."""
    return NetworkPlan(
        "stretched",
        f"--subnet {STRETCHED} --gateway 10.77.0.{number} --ip-range 10.77.0.{16 * number}/28"
        " -o com.docker.network.bridge.name=br-stretched -o com.docker.network.driver.mtu=1450",
    )


def _stretched_port(number: int, others: tuple[int, ...]) -> tuple[str, ...]:
    return (
        f"ip link add vxlan77 mtu 1450 type vxlan id 77 local {HOSTS[number - 1]} dev eth0 dstport 4789 nolearning",
        *(f"bridge fdb append 00:00:00:00:00:00 dev vxlan77 dst {HOSTS[other - 1]} self permanent" for other in others),
        "ip link set vxlan77 master br-stretched up",
    )


def enter_swarm(number: int, manager: Node, node: Node) -> None:
    """Make the host's engine create the swarm if the host is the manager, or join the manager's swarm otherwise."""
    address = HOSTS[number - 1]
    if node is manager:
        node.run(f"docker swarm init --advertise-addr {address}")
        return
    token = manager.run("docker swarm join-token --quiet worker").strip()
    node.run(f"docker swarm join --token {token} --advertise-addr {address} {HOST}:2377")

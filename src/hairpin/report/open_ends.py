"""The question that an unexplained stop leaves open, and the command that answers the question.

Each reason of a stop has its own question.

Even if no cause explains a stop, hairpin knows the thing that decided the stop.  The question asks who may have set
this thing."""

from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.packet import Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.walk.state import Reason, Stop

_RULES = message(
    "Is the rule meant to stop this packet? `nft list ruleset` and `iptables-save -c` show the rule with its counters. "
    "If it is meant to, nothing is broken"
)
_LINK = message(
    "Is {link} meant to be set like this? `ip -d link show dev {link}` shows its settings, and `journalctl -k -g "
    "{link}` shows changes. If it is, nothing is broken"
)
_MISSING = message(
    "Which link should bring or take this packet? `ip -br link` and `ip route` list the links and routes that there "
    "are, and `journalctl -k -g renamed` tells whether one has another name now. If none should, nothing is broken"
)
_BRIDGE = message(
    "Is port {link} meant to be set like this? `bridge -d link show dev {link}` and `bridge vlan show dev {link}` show "
    "its settings. If it is, nothing is broken"
)
_ROUTE = message(
    "Is the present route to {address} the intended one? `ip route get {address}` shows the route, and `ip rule` shows "
    "rules that may have changed it. If it is intended, nothing is broken"
)
_SENDER = message(
    "Is the sender {source} behind the link that `ip route get {source}` shows? If the sender is elsewhere, the route "
    "to it is wrong. Otherwise the packet is forged"
)
_FULL = message(
    "What fills the table or queue? `conntrack -C`, `ip -s neigh` and `nstat -az` show how many entries there are. If "
    "the load is normal, the limit is too small"
)
_SOCKET = message(
    "Should a process listen on port {port} there? `ss -lntup` in its namespace lists the ports that have a listener. "
    "If another port is meant, ask for that port"
)
_PROCESS = message(
    "Why does the process not take its packets? `ss -lntupm` shows its queues, and its log may say why. If it was "
    "stopped on purpose, nothing is broken"
)
_AWAY = message(
    "Is {address} on a machine outside, or on this host? `ip neigh` and `ip route get {address}` show where this host "
    "expects the address. If it belongs here, this host has lost the address, or a route leads elsewhere"
)
_TUNNEL = message(
    "Do both ends of the tunnel agree? `ip -d link show dev {link}`, `bridge fdb show dev {link}` and `wg show` show "
    "the settings of this end. The settings of the other end have to match"
)
_OUTSIDE = message(
    "Are the facts that you stated about the outside still true? According to them, a machine outside of this host "
    "refuses the packet: change that machine, or state the facts again"
)
_NAMES = message(
    "Should the name be known there? `docker network inspect` shows which containers share a network. Only these know "
    "each other's names"
)
_SIZE = message(
    "Which packets are too large? Try `ping -M do -s 1400 {address}` and smaller sizes. If only large packets are "
    "lost, a link on the way has a smaller MTU than the sender"
)
_CONTROL = message(
    "Is the qdisc or filter meant to stop this packet? `tc -s qdisc show dev {link}` and `tc -s filter show dev "
    "{link}` show both with their counters. If it is meant to, nothing is broken"
)
_SWITCH = message(
    "Did somebody set this sysctl on purpose? If so, nothing is broken. `sysctl -a` shows the present values; files in "
    "/etc/sysctl.d set the values of the next boot"
)
_UNREAD = message(
    "hairpin did not read the place where the packet stops: run hairpin as root, and run it on the other host, too"
)
_CIRCLE = message(
    "Which two routes lead to each other? `ip route get {address}` on both machines shows them. One of the two has to "
    "lead on to the address"
)
_ANSWER = message(
    "Which machine answers with another address? `conntrack -L -d {address}` shows how the connection was translated. "
    "The answer has another address if a rule translates it again, or if the answer bypasses this host"
)
_CONTAINER = message(
    "Should the container run? `docker ps -a` and `podman ps -a` show whether it runs, and its log says why it ended. "
    "If it was stopped on purpose, nothing is broken"
)

_IPSEC = message(
    "Is the IPsec policy meant to block this packet? `ip xfrm policy` lists the policy; the configuration of "
    "strongSwan or libreswan may contain it. If it is meant to, nothing is broken. `ip xfrm policy delete` with the "
    "selector and direction of the policy removes a policy that is left over"
)

_OVERLAY = message(
    "Does a container on another node of the swarm have {address}? `docker node ls` on a manager lists the nodes. They "
    "tell each other of their containers on port 7946, tcp and udp: if a firewall closes this port, a node knows no "
    "container of the others, although `docker node ls` shows all as Ready"
)

_LOOPBACK6 = message(
    "Does the client have to ask [::1]? IPv6 has no route_localnet: the kernel takes an answer to ::1 from the link lo "
    "only, so a port that rules translate to a container has no answer there. 127.0.0.1 and the other addresses of "
    "the host have one"
)

_MESH6 = message(
    "Does the client have to ask over IPv6? Port {port} belongs to a swarm's service: the routing mesh leads packets "
    "of IPv4 to the service, but none of IPv6. dockerd only holds the port there. Ask 127.0.0.1 or an IPv4 address of "
    "the host; a client of a name with an IPv6 address, such as localhost, may hang, too"
)

OPEN_ENDS: dict[Reason, Message] = {
    "link-missing": _MISSING, "link-down": _LINK, "no-carrier": _LINK, "mtu": _SIZE, "qdisc": _CONTROL,
    "tc-filter": _CONTROL, "bridge-down": _LINK, "bridge-port-state": _BRIDGE, "bridge-port-isolated": _BRIDGE,
    "bridge-vlan": _BRIDGE, "hairpin-off": _BRIDGE, "no-neighbour": _AWAY, "neighbour-wrong": _AWAY,
    "neighbour-table-full": _FULL, "rule": _RULES, "policy": _RULES, "reject": _RULES, "taken-away": _RULES,
    "rules-unread": _UNREAD, "martian-source": _SENDER, "martian-destination": _ROUTE, "rp-filter": _SENDER,
    "forwarding-off": _SWITCH, "no-route": _ROUTE, "route-type": _ROUTE, "ttl": _CIRCLE, "route-localnet": _SWITCH,
    "no-source-address": _ROUTE, "loop": _CIRCLE, "conntrack-clash": _FULL, "conntrack-full": _FULL,
    "redirect-translated": _ANSWER, "masquerade-moved": _ANSWER, "no-listener": _SOCKET, "answered-by-other": _SOCKET,
    "process-frozen": _PROCESS, "never-accepts": _PROCESS, "backlog-full": _PROCESS, "receive-queue-full": _PROCESS,
    "unit-filter": _PROCESS,
    "sockets-unread": _UNREAD, "namespace-unread": _UNREAD, "gateway-does-not-hairpin": _OUTSIDE,
    "upstream-denies": _OUTSIDE, "source-not-translated": _ANSWER, "peer-drops": _OUTSIDE, "wrong-answer": _ANSWER,
    "no-tunnel-remote": _TUNNEL, "no-tunnel": _TUNNEL, "tunnel-elsewhere": _TUNNEL, "peer-not-allowed": _TUNNEL,
    "endpoint-elsewhere": _TUNNEL, "stack-refuses": _CONTAINER, "opaque-device": _UNREAD, "no-container": _CONTAINER,
    "left-instead": _AWAY, "address-lost": _AWAY, "start-refused": _CONTAINER, "name-unknown": _NAMES,
    "too-many-ways": _ROUTE, "xfrm-policy": _IPSEC,
}  # fmt: skip


def open_end(network: Network, stop: Stop) -> Message:
    """Return the question that the stop leaves open."""
    packet, said = stop.seen.packet, OPEN_ENDS[stop.reason]
    if stop.reason == "no-neighbour" and _is_on_overlay(network.host(stop.netns.host), packet):
        said = _OVERLAY
    elif stop.is_on_way_to_loopback6:
        said = _LOOPBACK6
    elif _is_mesh_over_ipv6(network, stop):
        said = _MESH6
    return said.filled(
        link=stop.link or stop.seen.oif or stop.seen.iif,
        address=address_text(packet.daddr, packet.version),
        source=address_text(packet.saddr, packet.version),
        port=packet.dport or "-",
    )


def is_known_limit(network: Network, stop: Stop) -> bool:
    """Return whether the question that the stop leaves open names a known limit, and no unknown fault."""
    return stop.is_on_way_to_loopback6 or _is_mesh_over_ipv6(network, stop)


def _is_mesh_over_ipv6(network: Network, stop: Stop) -> bool:
    """Return whether the packet is of IPv6 and ends at the port of a swarm's service, which dockerd holds.

    dockerd listens on the wildcard address of both versions, and makes the mesh's rules for IPv4 only.  Source: moby
    issue 28492"""
    packet = stop.seen.packet
    if stop.reason != "never-accepts" or packet.version != 6 or not stop.netns.is_host:
        return False
    host = network.host(stop.netns.host)
    return any(each.port == packet.dport for engine in host.engines for each in engine.mesh)


def _is_on_overlay(host: Host, packet: Packet) -> bool:
    """Return whether the packet's destination is in the subnet of an overlay network of the host."""
    return any(
        each.driver == "overlay" and any(subnet.holds(packet.daddr, packet.version) for subnet in each.subnets)
        for engine in host.engines
        for each in engine.networks
    )

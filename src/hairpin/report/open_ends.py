"""The question that an unexplained stop leaves open, and the command that answers the question.

Each reason of a stop has its own question.

Even if no cause explains a stop, hairpin knows the thing that decided the stop.  The question asks who may have set
this thing."""

from hairpin.message import Message, message
from hairpin.network.prefix import address_text
from hairpin.walk.state import Reason, Stop

_RULES = message(
    "Who made the rule, and is it meant for this packet? `nft list ruleset` and `iptables-save -c` show it with its "
    "counters; if it is meant, nothing is broken"
)
_LINK = message(
    "Who set {link} so? `ip -d link show dev {link}` and the journal (journalctl -k -g {link}) tell; if it is meant, "
    "nothing is broken"
)
_BRIDGE = message(
    "Who set port {link} so? `bridge -d link show dev {link}` and `bridge vlan show dev {link}` tell; if it is meant, "
    "nothing is broken"
)
_ROUTE = message(
    "Should there be another way to {address}? `ip route get {address}` tells the present one, and `ip rule` who may "
    "have changed it; if this one is meant, nothing is broken"
)
_SENDER = message(
    "Is {source} where this host believes it to be? `ip route get {source}` tells where; if the sender is elsewhere, "
    "the route to it is wrong, otherwise the packet is forged"
)
_FULL = message(
    "What fills it? `conntrack -C`, `ip -s neigh` and `nstat -az` tell how many entries there are; if the load is "
    "usual, the limit is too small"
)
_SOCKET = message(
    "Should a process serve port {port} there? `ss -lntup` in its namespace tells which ones do; if another one is "
    "meant, ask for its port"
)
_PROCESS = message(
    "Why does the process not take its packets? `ss -lntupm` tells its queues, and its log why; if it was stopped on "
    "purpose, nothing is broken"
)
_AWAY = message(
    "Is {address} a machine out there, or one here? `ip neigh` and `ip route get {address}` tell what this host "
    "believes; if it is here, it has lost the address, or a route leads past it"
)
_TUNNEL = message(
    "Do both ends of the tunnel agree? `ip -d link show dev {link}`, `bridge fdb show dev {link}` and `wg show` tell "
    "this end's settings; the other end's have to match"
)
_OUTSIDE = message(
    "Is what was stated about the outside still true? What refuses the packet is no part of this host: change it "
    "there, or state it anew"
)
_NAMES = message(
    "Should the name be known there? `docker network inspect` tells which containers share a network, and only those "
    "know each other's names"
)
_SIZE = message(
    "Which packets are too large? `ping -M do -s 1400 {address}` and smaller sizes tell; if only large ones are lost, "
    "the MTU of a link on the way is smaller than the sender's"
)
_CONTROL = message(
    "Who made the qdisc or filter? `tc -s qdisc show dev {link}` and `tc -s filter show dev {link}` tell; if it is "
    "meant, nothing is broken"
)
_SWITCH = message(
    "Did somebody set this sysctl on purpose? Then nothing is broken. `sysctl -a` tells the present values, and "
    "/etc/sysctl.d those of the next boot"
)
_UNREAD = message("What is there was not read: run hairpin as root, and on the other host, too")
_CIRCLE = message(
    "Which two routes lead to each other? `ip route get {address}` on both tells; one of them has to lead on to it"
)
_ANSWER = message(
    "Who answers with another address? `conntrack -L -d {address}` tells how it was translated; a rule on the way "
    "back, or a shorter way back, takes the translation away"
)
_CONTAINER = message(
    "Should the container run? `docker ps -a` and `podman ps -a` tell whether it does, and its log why it ended; if it "
    "was stopped on purpose, nothing is broken"
)

_IPSEC = message(
    "Who made the IPsec policy? `ip xfrm policy` lists it, and the configuration of strongSwan or libreswan may hold "
    "it; if it is meant, nothing is broken. `ip xfrm policy delete` with its words removes one that is left over"
)

OPEN_ENDS: dict[Reason, Message] = {
    "link-missing": _LINK, "link-down": _LINK, "no-carrier": _LINK, "mtu": _SIZE, "qdisc": _CONTROL,
    "tc-filter": _CONTROL, "bridge-down": _LINK, "bridge-port-state": _BRIDGE, "bridge-port-isolated": _BRIDGE,
    "bridge-vlan": _BRIDGE, "hairpin-off": _BRIDGE, "no-neighbour": _AWAY, "neighbour-wrong": _AWAY,
    "neighbour-table-full": _FULL, "rule": _RULES, "policy": _RULES, "reject": _RULES, "taken-away": _RULES,
    "rules-unread": _UNREAD, "martian-source": _SENDER, "martian-destination": _ROUTE, "rp-filter": _SENDER,
    "forwarding-off": _SWITCH, "no-route": _ROUTE, "route-type": _ROUTE, "ttl": _CIRCLE, "route-localnet": _SWITCH,
    "no-source-address": _ROUTE, "loop": _CIRCLE, "conntrack-clash": _FULL, "conntrack-full": _FULL,
    "redirect-translated": _ANSWER, "masquerade-moved": _ANSWER, "no-listener": _SOCKET, "answered-by-other": _SOCKET,
    "process-frozen": _PROCESS, "never-accepts": _PROCESS, "backlog-full": _PROCESS, "receive-queue-full": _PROCESS,
    "sockets-unread": _UNREAD, "namespace-unread": _UNREAD, "gateway-does-not-hairpin": _OUTSIDE,
    "upstream-denies": _OUTSIDE, "source-not-translated": _ANSWER, "peer-drops": _OUTSIDE, "wrong-answer": _ANSWER,
    "no-tunnel-remote": _TUNNEL, "no-tunnel": _TUNNEL, "tunnel-elsewhere": _TUNNEL, "peer-not-allowed": _TUNNEL,
    "endpoint-elsewhere": _TUNNEL, "opaque-device": _UNREAD, "no-container": _CONTAINER, "left-instead": _AWAY,
    "address-lost": _AWAY, "start-refused": _CONTAINER, "name-unknown": _NAMES, "too-many-ways": _ROUTE,
    "xfrm-policy": _IPSEC,
}  # fmt: skip


def open_end(stop: Stop) -> Message:
    """Return the question that the stop leaves open."""
    packet, said = stop.seen.packet, OPEN_ENDS[stop.reason]
    return said.filled(
        link=stop.link or stop.seen.oif or stop.seen.iif or "LINK",
        address=address_text(packet.daddr, packet.version),
        source=address_text(packet.saddr, packet.version),
        port=packet.dport or "-",
    )

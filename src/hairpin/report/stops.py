"""Writes the sentence that says why a packet stopped."""

from hairpin.host.sysctl import dotted
from hairpin.message import Message, message
from hairpin.netfilter.ir import NOT_PRINTED
from hairpin.netfilter.packet import is_discovery
from hairpin.network.prefix import address_text
from hairpin.report.words import Words
from hairpin.walk.decided import (
    Assumed,
    ConntrackDecided,
    DecidedBy,
    LinkDecided,
    RouteDecided,
    RuleDecided,
    SocketDecided,
    SysctlDecided,
)
from hairpin.walk.state import Reason, Stop

_SENTENCES: dict[Reason, Message] = {
    "link-missing": message("there is no such link"),
    "link-down": message("the link is down"),
    "no-carrier": message("the link has no carrier"),
    "mtu": message("the packet is larger than the MTU there"),
    "qdisc": message("the link's queueing discipline does not accept the packet"),
    "tc-filter": message("a tc filter takes the packet away"),
    "bridge-down": message("the bridge is down"),
    "bridge-port-state": message("the bridge port does not forward"),
    "bridge-port-isolated": message("both bridge ports are isolated from each other"),
    "bridge-vlan": message("the bridge does not carry this VLAN there"),
    "hairpin-off": message("the bridge would have to send the frame back out of the port that it came in by"),
    "no-neighbour": message("nothing answers for the address there"),
    "neighbour-wrong": message("the neighbour entry leads to another machine"),
    "rule": message("a rule drops the packet"),
    "xfrm-policy": message("an IPsec policy blocks the packet"),
    "policy": message("no rule accepts the packet, so the policy of the chain drops the packet"),
    "reject": message("a rule rejects the packet"),
    "taken-away": message("a rule takes the packet away, for a program or for SYNPROXY"),
    "rules-unread": message("rules that could not be read may stop the packet"),
    "martian-source": message("the packet's source address is not possible there (martian)"),
    "martian-destination": message("the packet's destination address is not possible there (martian)"),
    "rp-filter": message("the route back to the packet's source leads another way (rp_filter)"),
    "forwarding-off": message("forwarding is off"),
    "no-route": message("there is no route"),
    "route-type": message("a route or a policy rule discards or rejects the packet"),
    "ttl": message("the packet's TTL is used up"),
    "route-localnet": message("loopback addresses do not leave the host (route_localnet)"),
    "no-source-address": message("the host has no source address for the packet"),
    "loop": message("the packet goes round in a loop"),
    "conntrack-clash": message("the answers would have the same addresses and ports as those of another connection"),
    "conntrack-full": message("the connection table is full, so the kernel drops packets that need a new entry"),
    "neighbour-table-full": message("the neighbour table is full, and the kernel makes no new entry"),
    "redirect-translated": message("the kernel does not forward a redirect about a translated connection"),
    "masquerade-moved": message(
        "the packet's connection was masqueraded on another link, so the kernel has deleted its entry"
    ),
    "no-listener": message("nothing listens there"),
    "process-frozen": message("the process is frozen"),
    "never-accepts": message("the port is open, but the process behind the port accepts no connection"),
    "backlog-full": message("the backlog is full: the kernel drops new connections"),
    "receive-queue-full": message("the receive queue is full: the kernel drops the datagram"),
    "unit-filter": message("the address filter of the process's systemd unit drops the packet"),
    "answered-by-other": message("something else than the asked container answers"),
    "namespace-unread": message("hairpin did not read the namespace that the packet enters"),
    "sockets-unread": message("hairpin could not read what listens there"),
    "gateway-does-not-hairpin": message("the gateway does not send packets from this host back to this host"),
    "upstream-denies": message("a machine upstream does not let the packet in"),
    "source-not-translated": message("the packet leaves with an address to which no host outside can reply"),
    "peer-drops": message("the other side drops packets from this source address"),
    "wrong-answer": message("the addresses, ports or tunnel of the answer do not match the request"),
    "no-tunnel-remote": message("the tunnel device does not know where to send the frame"),
    "no-tunnel": message("no tunnel device takes the packet"),
    "tunnel-elsewhere": message("the tunnel leads to a machine that is not the receiver of the frame"),
    "peer-not-allowed": message(
        "WireGuard does not allow the packet's source address for the peer that sent the packet"
    ),
    "endpoint-elsewhere": message("WireGuard sends the packet to an address that the far host does not have"),
    "stack-refuses": message("the user-mode network stack keeps the packet from the host's loopback"),
    "opaque-device": message("hairpin does not simulate what the link does"),
    "address-lost": message("nobody answers for this address"),
    "name-unknown": message("the name server answers that there is no such name"),
    "left-instead": message("the packet leaves this host instead of reaching its target"),
    "too-many-ways": message("there are too many possible paths to follow all of them"),
    "no-container": message("the container has no network now"),
}


def stop_sentence(stop: Stop) -> Message:
    """Return the sentence that says why the packet stopped."""
    if stop.reason == "no-neighbour" and stop.address is not None:
        return message("nothing answers for {address}", address=address_text(stop.address, stop.seen.packet.version))
    if stop.reason == "namespace-unread" and stop.stage != "outside":
        return message("hairpin could not read what the kernel does here")
    if stop.reason == "rp-filter" and stop.stage == "neighbour":
        return message(
            "the route back to {source} leads another way (rp_filter), so its ARP request gets no answer",
            source=address_text(stop.seen.packet.saddr, 4),
        )
    if stop.reason in ("rule", "policy", "reject") and is_discovery(stop.seen.packet):
        return message("rules drop the IPv6 neighbour discovery that the packet needs")
    if stop.answered_by:
        return message("{other} answers, and not the asked container", other=stop.answered_by)
    if stop.reason == "reject" and stop.reject == NOT_PRINTED.answer:
        return message("a rule rejects the packet with an ICMP error that nft does not print")
    if stop.reason == "reject" and stop.reject:
        return message("a rule rejects the packet with {answer}", answer=stop.reject)
    return _SENTENCES.get(stop.reason, message("{reason}", reason=stop.reason))


def decided_text(decided: DecidedBy | None, words: Words) -> str:
    """Return the text of the rule, route, sysctl or other thing that decided a step.  A rule, route or sysctl is in the
    syntax of iptables or nft, of ip, or of sysctl, and is never translated."""
    match decided:
        case None:
            return ""
        case RuleDecided(place=place):
            if place.number == 0:
                return place.in_full
            return f"{place.table} {place.chain} {place.number}: {place.text.removeprefix(f'-A {place.chain} ')}"
        case RouteDecided(route=route):
            return route
        case SysctlDecided(path=path, value=value):
            return f"{dotted(path)} = {value}"
        case SocketDecided(said=said) | LinkDecided(said=said) | ConntrackDecided(said=said) | Assumed(said=said):
            return words(said)

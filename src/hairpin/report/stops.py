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
    "mtu": message("it is larger than what fits there (MTU)"),
    "qdisc": message("its queueing discipline does not accept the packet"),
    "tc-filter": message("a tc filter takes the packet away"),
    "bridge-down": message("the bridge is down"),
    "bridge-port-state": message("the bridge port does not forward"),
    "bridge-port-isolated": message("both bridge ports are isolated from each other"),
    "bridge-vlan": message("the bridge does not carry this VLAN there"),
    "hairpin-off": message("the frame would have to leave by the port that it came in by"),
    "no-neighbour": message("nothing there answers for the address"),
    "neighbour-wrong": message("the neighbour entry leads to another machine"),
    "rule": message("a rule drops it"),
    "xfrm-policy": message("an IPsec policy blocks it"),
    "policy": message("no rule takes it, and the chain's policy drops it"),
    "reject": message("a rule rejects it"),
    "taken-away": message("a rule hands it to another program"),
    "rules-unread": message("rules that could not be read may stop it"),
    "martian-source": message("its source address cannot come from there (martian)"),
    "martian-destination": message("its destination address cannot be reached from there (martian)"),
    "rp-filter": message("the route back to its source leads another way (rp_filter)"),
    "forwarding-off": message("forwarding is off"),
    "no-route": message("there is no route"),
    "route-type": message("a route discards or rejects it"),
    "ttl": message("its TTL is used up"),
    "route-localnet": message("loopback addresses do not leave the host (route_localnet)"),
    "no-source-address": message("there is no source address to start with"),
    "loop": message("it goes round in circles"),
    "conntrack-clash": message("its answers would have the same addresses and ports as those of another connection"),
    "conntrack-full": message("the connection table is full, and the kernel drops what needs a new entry"),
    "neighbour-table-full": message("the neighbour table is full, and the kernel makes no new entry"),
    "redirect-translated": message("a redirect about a translated connection is not passed on"),
    "masquerade-moved": message("its connection was masqueraded on another link, and is forgotten"),
    "no-listener": message("nothing listens there"),
    "process-frozen": message("the process is frozen"),
    "never-accepts": message("the port is held, but its process accepts no connection"),
    "backlog-full": message("the backlog is full: the kernel drops new connections"),
    "receive-queue-full": message("the receive queue is full: the kernel drops the datagram"),
    "answered-by-other": message("a process answers that is not the container's"),
    "namespace-unread": message("the namespace behind it was not read"),
    "sockets-unread": message("what listens there could not be read"),
    "gateway-does-not-hairpin": message("the gateway does not send a host's packets back to it"),
    "upstream-denies": message("something upstream does not let it in"),
    "source-not-translated": message("it leaves with an address to which no host outside can reply"),
    "peer-drops": message("the other side drops such source addresses"),
    "wrong-answer": message("the answer does not match the request"),
    "no-tunnel-remote": message("the tunnel device does not know where to send the frame"),
    "no-tunnel": message("no tunnel device takes the packet"),
    "tunnel-elsewhere": message("the tunnel leads to another machine than the frame's receiver"),
    "peer-not-allowed": message("WireGuard does not allow its source address to the peer that sent it"),
    "endpoint-elsewhere": message("WireGuard sends it to an address that the far host does not have"),
    "opaque-device": message("the link does what hairpin does not model"),
    "address-lost": message("nobody answers for this address"),
    "name-unknown": message("the name server answers that there is no such name"),
    "left-instead": message("it leaves this host instead of reaching what it was meant for"),
    "too-many-ways": message("too many ways are possible to follow each of them"),
    "no-container": message("the container has no network now"),
}


def stop_sentence(stop: Stop) -> Message:
    """Return the sentence that says why the packet stopped."""
    if stop.reason == "no-neighbour" and stop.address is not None:
        return message("nothing answers for {address}", address=address_text(stop.address, stop.seen.packet.version))
    if stop.reason == "namespace-unread" and stop.stage != "outside":
        return message("what the kernel does here could not be read")
    if stop.reason == "rp-filter" and stop.stage == "neighbour":
        return message(
            "the route back to {source} leads another way (rp_filter), so its ARP request gets no answer",
            source=address_text(stop.seen.packet.saddr, 4),
        )
    if stop.reason in ("rule", "policy", "reject") and is_discovery(stop.seen.packet):
        return message("rules drop the IPv6 neighbour discovery that it waits for")
    if stop.reason == "reject" and stop.reject == NOT_PRINTED.answer:
        return message("a rule rejects it with an ICMP error that nft does not print")
    if stop.reason == "reject" and stop.reject:
        return message("a rule rejects it with {answer}", answer=stop.reject)
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

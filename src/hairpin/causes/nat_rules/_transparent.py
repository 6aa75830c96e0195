"""Finds what a rule with TPROXY lacks.  The rule's proxy gets the packets only if a socket takes the rule's port, and
if a route delivers packets with the rule's mark to the host itself.

Source: net/netfilter/xt_TPROXY.c tproxy_tg4(); net/ipv4/ip_forward.c ip_forward(): skb->sk;
Documentation/networking/tproxy.rst
"""

import re

import msgspec

from hairpin.causes.kit import Iterator, Message, Namespace, Netns, Place, View, message
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import Outside, Rule
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.query import Query
from hairpin.network.routing import lookup

_PORT = re.compile(r"--on-port (\d+)|\btproxy(?: ip6?)? to \S*:(\d+)")
_MARK = re.compile(r"--tproxy-mark (\w+)(?:/(\w+))?|\bmeta mark set (\w+)")
_PROTOCOLS = {TCP: "tcp", UDP: "udp"}


def missing_parts(view: View, netns: Netns, place: Place) -> tuple[Message, ...] | None:
    """Return one instruction for each thing that the TPROXY rule's proxy lacks; None if the rule has no TPROXY port."""
    namespace = view.network.namespace(netns)
    rule = rule_at(namespace.ruleset, place)
    port = _PORT.search(rule.text) if rule is not None and _is_tproxy(rule) else None
    if rule is None or port is None:
        return None
    packet = view.stop.seen.packet
    return tuple(_missing(view, namespace, rule, int(port[1] or port[2]), packet))


def _is_tproxy(rule: Rule) -> bool:
    return any(isinstance(part, Outside) and part.name.lower() == "tproxy" for part in rule.body)


def _missing(view: View, namespace: Namespace, rule: Rule, port: int, packet: Packet) -> Iterator[Message]:
    protocol = _PROTOCOLS.get(packet.protocol)
    if not any((each.protocol, each.port) == (protocol, port) for each in namespace.sockets):
        yield message("start the proxy: nothing listens on {protocol} port {port}, so the kernel drops these packets",
                      protocol=protocol or packet.protocol, port=port)  # fmt: skip
    marked = _with_mark(rule, packet)
    query = Query(packet.version, packet.daddr, packet.saddr, iif=view.stop.seen.iif, mark=marked.mark)
    if lookup(namespace, query).type != "local":
        yield message(
            "deliver packets with the mark {mark} to the host itself: this needs a policy rule `fwmark {mark} lookup "
            "{table}` and the route `local default dev lo table {table}`. Without them the kernel forwards these "
            "packets, and drops them because they already belong to a socket",
            mark=f"{marked.mark:#x}",
            table=_table(namespace, packet),
        )


def _with_mark(rule: Rule, packet: Packet) -> Packet:
    """Return the packet with the rule's mark."""
    found = _MARK.search(rule.text)
    if found is None:
        return packet
    value, mask = int(found[1] or found[3], 0), int(found[2] or "0xffffffff", 0)
    return msgspec.structs.replace(packet, mark=(packet.mark & ~mask) | value)


def _table(namespace: Namespace, packet: Packet) -> int | str:
    """Return the number of the table that has a local default route.  If no table has a local default route, return
    100."""
    return next(
        (
            each.table
            for each in namespace.routes
            if (each.version, each.type, each.prefix_length) == (packet.version, "local", 0)
        ),
        100,
    )

"""A DNAT rule that no engine made leads to a port of a container on which nobody listens, and the container listens on
one other port.

A rule without a port in ``--to-destination`` keeps the port that the client asked for.

Users see: "Connection refused" through a port forward that somebody wrote, while the container's own port answers.

Proof: the rule leads the packet to the container, whose only listener has another port.  With this port in the rule,
the packet arrives.
Now: put the same rule with the container's port in its place.
Lasting: change the port in the file or program that makes the rule.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.causes.nat_rules._translation import dnat_place, leads_to, rewritten, table_of
from hairpin.causes.service._near import listeners, on_loopback, protocol_of
from hairpin.causes.service._service import in_container, same_port
from hairpin.engines.missing import is_engines
from hairpin.host.docker import Container
from hairpin.host.socket import Socket
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.network.prefix import address_text
from hairpin.walk.sockets import socket_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a person's rule led the packet to a port at which the container has no listener, and the
    container has exactly one other listener."""
    container, place = in_container(view), dnat_place(view, view.host_netns)
    if container is None or place is None or view.in_reply or same_port(view) or is_engines(view.host, place):
        return
    heard = [
        each for each in listeners(view, container) if each.protocol == protocol_of(view) and not on_loopback(each)
    ]
    if len({each.port for each in heard}) == 1:
        yield from _candidate(view, container, place, heard[0])


def _candidate(view: View, container: Container, place: Place, socket: Socket) -> Iterator[Candidate]:
    packet = view.stop.seen.packet
    rule, table = rule_at(view.host_namespace.ruleset, place), table_of(view, place)
    if rule is None or table is None or not any(leads_to(each, packet.daddr) for each in rule.body):
        return
    body = tuple(_with_port(each, socket.port) if leads_to(each, packet.daddr) else each for each in rule.body)
    kept = not any(isinstance(each, ir.Nat) and each.ports is not None for each in rule.body)
    facts = {
        "name": container.name,
        "port": packet.dport,
        "other": socket.port,
        "target": f"{address_text(packet.daddr, packet.version)}:{socket.port}",
        "rule": place.text,
        "socket": socket_text(socket),
    }
    yield Candidate(
        title=message("A DNAT rule leads to port {port} of {name}, which listens on port {other}", **facts),
        detail=message(
            "The rule names no port of {name}, so the packet keeps the port that the client asked for: {rule}. The "
            "container's only listener is {socket}.",
            **facts,
        )
        if kept
        else message("{rule}. The container's only listener is {socket}.", **facts),
        change=rewritten(view.host_netns, place, table, rule, body),
        where=OfRule(place),
        in_class="other-port",
        evidence=(place.evidence,),
        advice=(
            message("if another container than {name} is meant: write that one's address and port into the rule",
                    **facts),
            message("write {target} into the file or program that makes the rule", **facts),
        ),
    )  # fmt: skip


def _with_port(part: ir.Expression, port: int) -> ir.Expression:
    return msgspec.structs.replace(part, ports=(port, port), base=None) if isinstance(part, ir.Nat) else part


CAUSE = Cause(
    title=message("A DNAT rule leads to a port on which the container does not listen"),
    source="iptables-extensions(8): DNAT",
    reasons=frozenset({"no-listener"}),
    shown_by=("sudo iptables-save -t nat", message("the rule's --to-destination has no port, or another one")),
)

"""firewalld rejects packets whose destination an engine has translated (StrictForwardPorts=yes).

The rule stands before all zones and policies, so only a forward port of firewalld itself lets the packets pass.

firewalld accepts by the original port alone.  Its translation comes after that of the engine, so the engine's decides,
and the repair does not have to follow the container's address.

Source: firewalld.conf(5) StrictForwardPorts; firewall/core/nftables.py build_policy_forward_port_rules(); measured with
firewalld 2.3.1 and 2.5.2, Docker 26.1 and 28.5, and Podman 5.4
"""

import shlex
from collections.abc import Iterable
from typing import Literal

from hairpin.causes.firewalld._zones import zone_at
from hairpin.causes.kit import Candidate, Iterator, OfZone, Place, View, Way, message
from hairpin.causes.rules._lifting import exception, is_way_out
from hairpin.change.calls import AddRichRule
from hairpin.change.change import Change, InsertRule
from hairpin.change.intent import Body, LetIn, rendered
from hairpin.change.narrower import ALL_ACCEPTED
from hairpin.host.boot.configured import Configured
from hairpin.netfilter import ir
from hairpin.netfilter.packet import ICMP, ICMP6, TCP, UDP, Connection, Packet
from hairpin.network.prefix import address_text

_NAMES = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "ipv6-icmp"}
_PROTOCOLS = {TCP: "tcp", UDP: "udp"}
_CONF = "/etc/firewalld/firewalld.conf"


def not_forwarded_by_firewalld(
    view: View, place: Place, hook: Literal["INPUT", "FORWARD", "OUTPUT"]
) -> Candidate | None:
    """Return the candidate for a packet that firewalld rejects in this hook because others translated its destination.
    Return None if the packet has no port."""
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    protocol = _PROTOCOLS.get(packet.protocol)
    if protocol is None or connection is None or not connection.original.dport or packet.dport is None:
        return None
    zone = "HOST" if hook == "OUTPUT" else zone_at(view, view.stop.seen.iif, packet.saddr)
    rule = _rich_rule(packet, connection, protocol, to_host=hook == "INPUT")
    port = f"{connection.original.dport}/{protocol}"
    typed: tuple[str, ...] = ()
    change = Change(
        (_accepting_rule(view, place, connection), *_own_translation(view, place, zone, to_host=hook == "INPUT"))
    )
    if hook == "OUTPUT":
        change = exception(view, place)
        typed = tuple(new_policy(view, zone, "ANY", (f"--add-rich-rule={shlex.quote(rule)}",)))
    else:
        change = Change(change.parts, (AddRichRule("zone", zone, rule),))
    said = message("let firewalld forward port {port} of this host with a new policy of firewalld:", port=port)
    return Candidate(
        title=message("firewalld lets only its own forward ports pass, and port {port} is not one of them", port=port),
        detail=message(
            "{file} says StrictForwardPorts=yes. firewalld then rejects packets to a port that an engine publishes, "
            "before it asks a zone or a policy: {chain}: {rule}",
            file=_CONF,
            chain=place.chain,
            rule=place.text,
        ),
        change=change,
        where=OfZone(place, zone=zone, port=port),
        in_class="closed-zone",
        evidence=(place.evidence,),
        configured=Configured("manager", owner="firewalld (StrictForwardPorts)", evidence=place.evidence),
        side_effects=(
            message(
                "firewalld then lets port {port} pass for all packets whose destination is translated, from every zone",
                port=connection.original.dport,
            ),
        ),
        ways=(Way(Change(()), (said,), typed=typed),) if typed else (),
        offered=not typed,
    )


def _rich_rule(packet: Packet, connection: Connection, protocol: str, *, to_host: bool) -> str:
    """Return the rich rule that forwards the port of the asked address.  Without the address, firewalld would also
    translate packets to this port of other hosts."""
    asked, version = connection.original, packet.version
    where = "" if to_host else f' to-addr="{address_text(packet.daddr, version)}"'
    return (
        f'rule family="ipv{version}" destination address="{address_text(asked.daddr, version)}" '
        f'forward-port port="{asked.dport}" protocol="{protocol}" to-port="{packet.dport}"{where}'
    )


def _accepting_rule(view: View, place: Place, connection: Connection) -> InsertRule:
    port = connection.original.dport
    body: Body = (ir.FieldMatch("ct-orig-dport", ((port, port),)), ir.Verdict("accept"))
    return _rule(view, place, place.chain, body)


def _own_translation(view: View, place: Place, zone: str, *, to_host: bool) -> tuple[InsertRule, ...]:
    """Return firewalld's own translation of the port; nothing if firewalld has not loaded the zone's chains."""
    packet, connection = view.stop.seen.packet, view.stop.seen.connection
    chain = f"nat_PRE_{zone}_allow"
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    known = table.chain(chain) if table is not None else None
    if known is None or connection is None or packet.dport is None:
        return ()
    asked, family = connection.original, ir.NFPROTO[packet.version]
    address: ir.Field = "daddr4" if packet.version == 4 else "daddr6"
    ports = (packet.dport, packet.dport)
    body: Body = (
        ir.FieldMatch("nfproto", ((family, family),)),
        ir.FieldMatch(address, ((asked.daddr, asked.daddr),)),
        ir.FieldMatch("protocol", ((packet.protocol, packet.protocol),)),
        ir.FieldMatch("dport", ((asked.dport, asked.dport),)),
        ir.Nat("redirect", None, ports)
        if to_host
        else ir.Nat("dnat", (packet.daddr, packet.daddr), ports, version=packet.version),
    )
    made = _rule(view, place, chain, body)
    return (InsertRule(made.netns, made.dialect, made.family, made.table, chain, made.rule, None),)


def _rule(view: View, place: Place, chain: str, body: Body) -> InsertRule:
    (part,) = rendered(LetIn(view.host_netns, place, chain, (body,)), view.network).parts
    assert isinstance(part, InsertRule)
    return part


def policy_commands(view: View, place: Place) -> Iterator[str]:
    """Yield the commands that make a firewalld policy which accepts the packet between the zones of its two links.
    The commands for several packets between the same zones differ only in the ports, so that one policy accepts all of
    them.  A policy for a container's way out accepts all packets between the zones.

    If a policy stopped the packet, the new policy gets the priority -32768, with which it comes before all other
    policies."""
    seen = view.stop.seen
    packet = seen.packet
    kind = _NAMES.get(packet.protocol or 0, str(packet.protocol))
    ingress, egress = zone_at(view, seen.iif, packet.saddr), zone_at(view, seen.oif, packet.daddr)
    has_port = packet.dport is not None and packet.protocol in (TCP, UDP)
    passing = f"--add-port={packet.dport}/{kind}" if has_port else f"--add-protocol={kind}"
    options = (
        *(("--set-priority=-32768",) if "_policy_" in place.chain else ()),
        ALL_ACCEPTED if is_way_out(view, place) else passing,
    )
    yield from new_policy(view, ingress, egress, options)


def new_policy(view: View, ingress: str, egress: str, options: Iterable[str]) -> Iterator[str]:
    """Yield the commands that make a policy with the options.

    Each option has its own command, because firewall-cmd accepts only one of these options per call.
    Source: firewall-cmd(1), firewalld.policies(5)"""
    name = _policy_name(view, ingress)
    yield f"firewall-cmd --permanent --new-policy={name}"
    for each in (f"--add-ingress-zone={ingress}", f"--add-egress-zone={egress}", *options):
        yield f"firewall-cmd --permanent --policy={name} {each}"
    yield "firewall-cmd --reload"


def _policy_name(view: View, zone: str) -> str:
    """Return a name that no policy of the host has: ``allow-ZONE``.  firewalld takes at most 18 characters.

    Source: firewalld src/firewall/functions.py max_policy_name_len()"""
    chains = {each.name for table in view.host_namespace.ruleset.tables for each in table.chains}
    names = (f"{f'allow-{zone}'[: 18 - len(end)]}{end}" for end in ("", *(f"-{number}" for number in range(2, 10))))
    return next((each for each in names if not any(f"policy_{each}" in chain for chain in chains)), "allow")

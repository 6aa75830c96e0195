"""Policies of IPsec: they block packets, encrypt packets that leave, or drop packets that came in unencrypted.

``out`` policies apply to a packet that this namespace sends or forwards, and again after NAT has changed the packet.
``fwd`` policies apply to a packet that the namespace forwards, and ``in`` policies to a packet that it delivers to a
socket.

Source: net/xfrm/xfrm_policy.c xfrm_lookup_with_ifid(), __xfrm_policy_check(), __xfrm_route_forward();
net/netfilter/nf_nat_proto.c nf_nat_ipv4_out(), nf_xfrm_me_harder()
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.xfrm import Direction, XfrmPolicy
from hairpin.message import message, verbatim
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.packet import Packet
from hairpin.network.network import conf
from hairpin.walk.decided import LinkDecided
from hairpin.walk.state import Outcome, Stage, State, stopped


def through_policies(namespace: Namespace, state: State, direction: Direction, stage: Stage) -> Iterator[Outcome]:
    """Yield the packet if the policies let it pass unchanged, or its end.  If that is not known, yield both, each under
    a condition."""
    link = state.oif if direction == "out" else state.iif
    if not namespace.xfrm_policies or state.packet.arp or _is_exempt(namespace, state, link, direction):
        yield state
        return
    for each in namespace.xfrm_policies:
        if each.direction != direction or not _selects(each, state.packet, link):
            continue
        if each.known and (each.plain if direction != "out" else not each.templates) and not each.blocks:
            break
        said = message("IPsec policy {policy}", policy=verbatim(each.text))
        decided = LinkDecided(link, said, each.evidence, policy=each)
        if each.known and each.blocks:
            yield stopped(state, "xfrm-policy", stage=stage, link=link, decided_by=decided)
            return
        if each.known and not each.templates:
            break
        condition = _condition(each, direction)
        yield state.given(condition)
        turned = msgspec.structs.replace(condition, holds=False, usual=False)
        end = stopped(state.given(turned), "xfrm-policy", stage=stage, link=link, decided_by=decided)
        yield msgspec.structs.replace(end, kind="unknown")
        return
    yield state


def _condition(policy: XfrmPolicy, direction: Direction) -> Condition:
    text = verbatim(policy.text)
    if not policy.known:
        return Condition(message("the IPsec policy lets the packet pass: {policy}", policy=text), holds=True)
    if direction == "out":
        said = message("IPsec carries the packet to its destination, as this policy requires: {policy}", policy=text)
        return Condition(said, holds=True)
    return Condition(message("the packet came in by IPsec, as this policy requires: {policy}", policy=text), holds=True)


def _is_exempt(namespace: Namespace, state: State, link: str, direction: Direction) -> bool:
    """Return whether the link's packets are exempt from all policies; packets on lo always are."""
    key = "disable_xfrm" if direction == "out" else "disable_policy"
    return link in ("", "lo") or (state.packet.version == 4 and bool(conf(namespace, 4, link, key)))


def _selects(policy: XfrmPolicy, packet: Packet, link: str) -> bool:
    """Return whether the policy's selector fits the packet.  Source: include/net/xfrm.h __xfrm4_selector_match()"""
    sides = ((policy.source, packet.saddr), (policy.destination, packet.daddr))
    ports = ((policy.sport, packet.sport), (policy.dport, packet.dport))
    return (
        all(each.holds(value, packet.version)
            for each, value in sides)
        and policy.protocol in (None, packet.protocol)
        and all(wanted in (None, port) for wanted, port in ports)
        and policy.link in ("", link)
        and packet.mark & policy.mask == policy.mark
    )  # fmt: skip

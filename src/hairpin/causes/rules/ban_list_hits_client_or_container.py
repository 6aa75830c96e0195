"""A ban list (fail2ban, crowdsec, sshguard) contains the packet's source address.

Users see: one client or one container address is blocked.
"""

import re
from collections.abc import Iterator
from typing import Literal

from hairpin.causes.cause import Candidate, Cause, View, Way, rule_where
from hairpin.causes.rules._by_owner import RULE_STOPS
from hairpin.causes.rules._lifting import deletion, lets_exceptions
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.calls import Unban
from hairpin.change.change import Change, Primitive
from hairpin.change.intent import LetIn, rendered
from hairpin.host.boot.configured import Configured
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import FieldMatch, Verdict
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate that takes the source off the list with the list's own tool; without one that is known, one
    that proves the ban by deleting the rule."""
    place = stopped_by(view, "ban-list")
    if place is None:
        return
    packet = view.stop.seen.packet
    call = _unban(place, address_text(packet.saddr, packet.version))
    if call is None or not view.on_host:
        change, offered = deletion(view, place), False
        said = message("take the address off the list with the tool that keeps it; deleted rules come back with it")
    else:
        change, offered = Change(_unbanned(view, place), (call,)), True
        said = message("it is banned again for the same reason: exempt it in the tool's configuration (ignoreip)")
    yield Candidate(
        title=message("A ban list in chain {chain} holds {address}", chain=place.chain, address=_source(view)),
        detail=message("{rule}", rule=place.text),
        change=change,
        where=rule_where(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        advice=(said,) if offered else (),
        configured=Configured("manager", owner=call.tool if call is not None else place.chain, evidence=place.evidence),
        ways=() if offered else (Way(Change(()), (said,)),),
        offered=offered,
    )


def _source(view: View) -> str:
    return address_text(view.stop.seen.packet.saddr, view.stop.seen.packet.version)


def _unban(place: Place, address: str) -> Unban | None:
    """Return the call to the tool that keeps the list, by the names that its actions give their chains and sets."""
    words = f"{place.chain} {place.text}"
    jail = re.search(r"\bf2b-(?!chain|table)([\w.-]+)|@addr6?-set-([\w.-]+)", words)
    if jail is not None:
        return Unban("fail2ban-client", jail[1] or jail[2], address)
    return Unban("cscli", "", address) if "crowdsec" in words.lower() else None


def _unbanned(view: View, place: Place) -> tuple[Primitive, ...]:
    """Return what unbanning does: the address's own rule goes, or the address no longer is in the rule's set."""
    if "set" not in place.text or not lets_exceptions(place):
        return deletion(view, place).parts
    packet = view.stop.seen.packet
    field: Literal["saddr4", "saddr6"] = "saddr4" if packet.version == 4 else "saddr6"
    body = (FieldMatch(field, ((packet.saddr, packet.saddr),)), Verdict("return"))
    return rendered(LetIn(view.stop.netns, place, place.chain, (body,)), view.network).parts


CAUSE = Cause(
    id="ban-list-hits-client-or-container",
    title="A ban list blocks the source",
    source="fail2ban actions iptables, iptables-ipset, nftables; cscli decisions delete",
    reasons=RULE_STOPS,
    find=find,
)

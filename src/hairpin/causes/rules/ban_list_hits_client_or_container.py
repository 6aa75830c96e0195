"""A ban list (fail2ban, crowdsec, sshguard) contains the packet's source address.

Users see: one client or one container is blocked, while all others are not.

Proof: a rule or set of a ban list has the packet's source address.  Without this entry the packet passes.
Now: unban the address (``fail2ban-client set JAIL unbanip ADDRESS``).
Lasting: add the container subnets to ``ignoreip``.
"""

import re

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, Way, message
from hairpin.causes.rules._by_owner import repairs
from hairpin.causes.rules._lifting import by_address, deletion, for_client
from hairpin.causes.rules._rule_owner import body_at, stopped_by
from hairpin.change.calls import Unban
from hairpin.change.change import Change, Primitive
from hairpin.host.boot.configured import Configured
from hairpin.host.boot.rule_keeper import unit
from hairpin.netfilter.ir import FieldMatch
from hairpin.network.prefix import address_text
from hairpin.programs import CROWDSEC, FAIL2BAN, KnownProgram


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate that removes the source address from the ban list by the list's own tool.  If this tool is not
    on the host, the changes lift the ban of this address alone: for all ports, or for the asked one.  Only if no such
    change can be made, the rule is treated like a rule that a person typed."""
    place = stopped_by(view, "ban-list")
    if place is None:
        return
    call = _unban(view, place)
    if call is not None:
        yield _banned(view, place, Change(_unbanned(view, place), (call,)), call.tool)
        return
    lifted = _without_ban(view, place)
    narrow = tuple(filter(None, (lifted, for_client(view, place)))) if lifted is not None else ()
    ways = narrow or repairs(view, place)  # a port that is opened to everybody would lift the other bans as well
    for change in ways:
        others = tuple(Way(each) for each in ways if each != change)
        yield msgspec.structs.replace(_banned(view, place, change, ""), ways=others)


def _banned(view: View, place: Place, change: Change, tool: str) -> Candidate:
    packet = view.stop.seen.packet
    again = message(
        "the tool bans the address again for the same reason: exempt it in the tool's configuration (ignoreip)"
    )
    nobody = message("the tool that makes such lists is not on this host: find out what fills this list")
    return Candidate(
        title=message(
            "A ban list in chain {chain} holds {address}",
            chain=place.chain,
            address=address_text(packet.saddr, packet.version),
        ),
        detail=message("{rule}", rule=place.text),
        change=change,
        where=OfRule(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        advice=(again if tool else nobody,),
        configured=Configured("manager", owner=tool, evidence=place.evidence) if tool else None,
    )


def _unban(view: View, place: Place) -> Unban | None:
    """Return the call to the ban list's tool, or None if the tool is not on this host.  The names of chains and sets
    tell which tool made the list."""
    packet = view.stop.seen.packet
    address = address_text(packet.saddr, packet.version)
    words = f"{place.chain} {place.text}"
    jail = re.search(r"\bf2b-(?!chain|table)([\w.-]+)|@addr6?-set-([\w.-]+)", words)
    if not view.on_host:
        return None
    if jail is not None and _is_here(view, FAIL2BAN):
        return Unban("fail2ban-client", jail[1] or jail[2], address)
    if "crowdsec" in words.lower() and _is_here(view, CROWDSEC):
        return Unban("cscli", "", address)
    return None


def _is_here(view: View, program: KnownProgram) -> bool:
    services = (unit(view.host, each) for each in program.units)
    return any(view.host.version(f"package:{each}") is not None for each in program.packages) or any(
        each is not None and each.active == "active" for each in services
    )


def _without_ban(view: View, place: Place) -> Change | None:
    """Return the change that lifts the ban of the packet's address and of no other one; None if there is none."""
    saddr = view.stop.seen.packet.saddr
    own = (part for part in body_at(view, place) if isinstance(part, FieldMatch) and part.field in ("saddr4", "saddr6"))
    if any(not part.negated and part.ranges == ((saddr, saddr),) for part in own):
        return deletion(view, place)
    return by_address(view, place)


def _unbanned(view: View, place: Place) -> tuple[Primitive, ...]:
    """Return the parts that show the effect of unbanning.

    The parts delete the rule of the address, or except the address from a rule with a set."""
    alone = by_address(view, place)
    return (alone if alone is not None else deletion(view, place)).parts


CAUSE = Cause(
    title=message("A ban list blocks the source"),
    source="fail2ban actions iptables, iptables-ipset, nftables; cscli decisions delete",
    shown_by=(
        "sudo iptables-save",
        message("a chain of the ban list contains the address of the client or of a container"),
    ),
    on_purpose=True,
    reasons=RULE_STOPS,
)

"""How a flow gets past a rule or a policy that somebody made, the way to be tried first in front.

Where ufw keeps the rules, its own command is the only way.  A rule that is written down was meant: it stays, and the
flow gets an exception.  A rule that is found only at run time is taken away.
"""

import msgspec

from hairpin.causes.cause import View
from hairpin.causes.rules._lifting import deletion, exception, lets_exceptions
from hairpin.causes.rules._rule_owner import led_from
from hairpin.change.calls import AllowInUfw
from hairpin.change.change import Change
from hairpin.change.ufw import allowed
from hairpin.host.boot.configured import of_place
from hairpin.host.boot.rule_keeper import rule_keeper
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import CT_ESTABLISHED, CT_RELATED
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.network import is_uplink


def repairs(view: View, place: Place) -> tuple[Change, ...]:
    """Return the changes that let the flow through, in the order in which they are tried and offered."""
    intended = through_ufw(view, place)
    if intended is not None:
        return (intended,)
    if not lets_exceptions(place):
        return (deletion(view, place),)
    if place.number == 0:
        return (exception(view, place),)
    meant = view.on_host and of_place(place, view.host) is not None
    both = deletion(view, place), exception(view, place)
    return both[::-1] if meant else both


def through_ufw(view: View, place: Place) -> Change | None:
    """Return the change that ``ufw allow`` or ``ufw route allow`` makes; None if ufw does not keep this host's rules,
    or no rule of a user's can let this packet through."""
    packet = view.stop.seen.packet
    if not view.on_host or rule_keeper(view.host) != "ufw" or not _is_of_ufw(view, place):
        return None
    if packet.protocol not in (TCP, UDP) or packet.dport is None or _is_answer(view):
        return None
    call = _call(view, place, packet.dport, "tcp" if packet.protocol == TCP else "udp")
    parts = allowed(call, view.host_netns, view.host_namespace.ruleset)
    # After a flush ufw's chains are gone or no rule leads to them, and its command changes nothing for this packet.
    reached = any(
        part.family == place.family
        and led_from(view, msgspec.structs.replace(place, chain=part.chain), view.stop.stage.upper())
        for part in parts
    )
    return Change(parts, (call,)) if reached else None


def _is_of_ufw(view: View, place: Place) -> bool:
    """Return whether a rule of ufw's users comes before this one: it is one of theirs, or the end of a base chain."""
    if place.dialect == "nft" or place.table != "filter" or view.stop.stage not in ("input", "forward", "output"):
        return False
    return place.number == 0 or place.chain.startswith(_USERS)


_USERS = ("ufw-user", "ufw6-user", "ufw-after", "ufw6-after", "ufw-reject", "ufw6-reject", "ufw-track", "ufw-skip-to")


def _is_answer(view: View) -> bool:
    """Return whether the packet belongs to a connection: ufw's before.rules accept those, and its commands do not."""
    return bool(view.stop.seen.ct_state & (CT_ESTABLISHED | CT_RELATED))


def _call(view: View, place: Place, port: int, protocol: str) -> AllowInUfw:
    seen = view.stop.seen
    first = place.chain.startswith(("ufw-user", "ufw6-user"))
    if view.stop.stage == "forward":
        return AllowInUfw(port, protocol, iif=seen.iif, oif=seen.oif, routed=True, first=first)
    if view.stop.stage == "output":
        return AllowInUfw(port, protocol, oif=seen.oif, first=first)
    link = view.host_namespace.link(seen.iif)
    inner = link is not None and not is_uplink(view.network, view.host_netns, link)
    return AllowInUfw(port, protocol, iif=seen.iif if inner else "", first=first)

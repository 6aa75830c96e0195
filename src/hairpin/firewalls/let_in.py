"""What the manager of a firewall was told: whether a user of ufw made a rule, and the clients to which alone a port is
open.

ufw's list is in the chains of its users' rules.  firewalld's list is in the rich rules of a zone, and in the other
zones that it chooses by the source of a packet.
"""

from collections.abc import Iterator

from hairpin.firewalls.chain_owner import ChainOwner, chain_owner
from hairpin.host.boot.rule_keeper import rule_keeper
from hairpin.host.host import Host
from hairpin.host.managers import Firewalld
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, FieldMatch, Rule, SetMatch, Table, Verdict
from hairpin.netfilter.packet import Packet
from hairpin.netfilter.sources import on_source
from hairpin.network.prefix import parse_prefix, range_text
from hairpin.programs import UFW

_IN = ("filter_IN_", "IN_")


def is_of_ufws_users(place: Place) -> bool:
    """Return whether a user of ufw made the rule with a command of ufw."""
    return place.dialect != "nft" and place.chain.startswith(UFW.of_users)


def is_ufws_default(place: Place, host: Host) -> bool:
    """Return whether ufw stops the packets there that no rule of its users names."""
    if place.dialect == "nft" or rule_keeper(host) != "ufw":
        return False
    of_ufw = place.chain.startswith(UFW.chains) and not is_of_ufws_users(place)
    return of_ufw or (place.number == 0 and place.table == "filter")


def let_in_by_ufw(table: Table | None, packet: Packet) -> tuple[str, ...]:
    """Return the clients for which ufw was told to open the packet's port, in the words of its rules."""
    chains = (each for each in (table.chains if table is not None else ()) if each.name.startswith(UFW.of_users))
    return tuple(dict.fromkeys(one for each in chains for one in _clients(each, packet)))


def let_in_by_firewalld(table: Table | None, zone: str, firewalld: Firewalld | None, packet: Packet) -> tuple[str, ...]:
    """Return the clients for which firewalld was told to open the packet's port.

    ``zone``: the zone that keeps the port closed.  Of the other zones, those with sources count."""
    if table is None or firewalld is None:
        return ()
    by_source = {
        each.name: each.sources
        for each in firewalld.runtime or firewalld.permanent
        if each.sources and each.name != zone
    }
    found: list[str] = []
    for chain in table.chains:
        owner = _zone_of(table, chain)
        if owner is None:
            continue
        if owner.name == zone:
            found += _clients(chain, packet)
        elif owner.name in by_source and any(_opens(rule, packet) for rule in chain.rules):
            clients = tuple(_clients(chain, packet))
            found += clients or (each for each in by_source[owner.name] if _is_of(each, packet))
    return tuple(dict.fromkeys(found))


def _zone_of(table: Table, chain: Chain) -> ChainOwner | None:
    """Return the owner of a chain for what comes in to the host by a zone."""
    if not chain.name.startswith(_IN):
        return None
    owner = chain_owner(table, Place(table.dialect, table.family, table.name, chain.name, 0, ""))
    return owner if owner is not None and owner.kind == "zone" else None


def _clients(chain: Chain, packet: Packet) -> Iterator[str]:
    """Yield the clients that the chain's rules accept at this port alone."""
    for rule in chain.rules:
        if _opens(rule, packet):
            for part in on_source(rule, packet.version):
                but = "!" if part.negated else ""
                if isinstance(part, SetMatch):
                    yield f"{but}ipset:{part.set}"
                else:
                    yield from (but + range_text(*each, packet.version) for each in part.ranges)


def _opens(rule: Rule, packet: Packet) -> bool:
    """Return whether the rule accepts packets because of the port to which this packet goes."""
    if not rule.body or rule.body[-1] != Verdict("accept"):
        return False
    named = {part.field: _has(part, packet) for part in rule.body if isinstance(part, FieldMatch)
             if part.field in ("protocol", "dport")}  # fmt: skip
    return "dport" in named and all(named.values())


def _has(part: FieldMatch, packet: Packet) -> bool:
    value = packet.dport if part.field == "dport" else packet.protocol
    return not part.negated and any(first <= (value or 0) <= last for first, last in part.ranges)


def _is_of(source: str, packet: Packet) -> bool:
    """Return whether a zone's source may have packets of this IP version: a hardware address or a set may."""
    try:
        return parse_prefix(source)[0] == packet.version
    except ValueError:
        return True

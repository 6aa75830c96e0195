"""The firewalld zone out of which a link has fallen.

firewalld loads a zone's chains when the zone gets a link or a source, and keeps them when the zone loses it.  A zone
whose chains are loaded and to which no rule leads has lost its link.

Source: firewalld src/firewall/core/fw_zone.py apply_zone_settings(), remove_interface()
"""

from hairpin.causes.kit import Iterator, Place, View
from hairpin.change.calls import BindInterface
from hairpin.change.change import Change, Primitive
from hairpin.change.intent import LetIn, rendered
from hairpin.host.managers import Firewalld
from hairpin.netfilter.ir import Chain, Jump, NameField, NameMatch, Rule, Table

_OWN_CHAIN = "filter_IN_"
_PARTS = ("_pre", "_log", "_deny", "_allow", "_post")
_BY_OUTPUT_LINK = ("nat_POST_", "filter_FWDO_")
"""The chains of a zone to which firewalld leads packets by their output link."""


def returned_to_zone(view: View, place: Place, present: str) -> Iterator[tuple[str, Change]]:
    """Yield each zone that has lost its link, with the change that puts the packet's link into the zone.

    ``present``: the default zone, by which the packet came in.  A zone is yielded only if it lets in everything that
    ``present`` lets in, so that the change closes nothing.  Nothing is yielded if the link is bound to a zone, or is a
    bridge of a container engine."""
    link, firewalld = view.stop.seen.iif, view.host.firewalld
    table = view.host_namespace.ruleset.table(place.family, place.table, place.dialect)
    engines = (each.bridge for engine in view.host.engines for each in engine.networks)
    if table is None or place.dialect != "nft" or firewalld is None or link in engines or _is_bound(firewalld, link):
        return
    for zone in _without_link(table):
        if zone != present and _lets_in_as_much(table, present, zone):
            parts = tuple(_dispatch_rules(view, place, table, present, zone))
            if parts:
                yield zone, Change(parts, (BindInterface(zone, link),))


def _is_bound(firewalld: Firewalld, link: str) -> bool:
    return any(link in each.interfaces for each in (*firewalld.runtime, *firewalld.permanent))


def _without_link(table: Table) -> Iterator[str]:
    """Yield the zones whose chains are loaded and to which no rule leads."""
    reached = {part.chain for chain in table.chains for rule in chain.rules for part in rule.body
               if isinstance(part, Jump)}  # fmt: skip
    for chain in table.chains:
        name = chain.name.removeprefix(_OWN_CHAIN)
        parts = [table.chain(f"{chain.name}{each}") for each in _PARTS[1:]]
        if name != chain.name and not name.startswith("policy_") and all(parts) and chain.name not in reached:
            yield name


def _lets_in_as_much(table: Table, present: str, zone: str) -> bool:
    """Return whether each chain of ``zone`` has all rules of the chain of ``present``, and no rule that denies."""
    for chain in table.chains:
        stem, part = _of_zone(chain.name, present)
        if not stem:
            continue
        other = table.chain(f"{stem}{zone}{part}")
        if other is None or (part == "_deny" and other.rules):
            return False
        if not {_text_for_zone(each, stem, present, zone) for each in chain.rules} <= {
            each.text for each in other.rules
        }:
            return False
    return True


def _of_zone(name: str, zone: str) -> tuple[str, str]:
    """Return the part of the chain's name before the zone's name, and the part after it; both empty for the chain of
    another zone."""
    for part in ("", *_PARTS):
        stem = name.removesuffix(f"_{zone}{part}")
        if stem != name and stem.count("_") == 1:
            return f"{stem}_", part
    return "", ""


def _text_for_zone(rule: Rule, stem: str, present: str, zone: str) -> str:
    return rule.text.replace(f"{stem}{present}", f"{stem}{zone}")


def _dispatch_rules(view: View, place: Place, table: Table, present: str, zone: str) -> Iterator[Primitive]:
    """Yield the parts that lead the link's packets to the zone's chains, as firewalld does: before the rules that lead
    all other packets to the default zone."""
    for chain in table.chains:
        target = next(_defaults(chain, present), None)
        if target is None:
            continue
        stem, _ = _of_zone(target, present)
        field: NameField = "oif" if stem in _BY_OUTPUT_LINK else "iif"
        body = (NameMatch(field, (view.stop.seen.iif,)), Jump(f"{stem}{zone}", goto=True))
        yield from rendered(LetIn(view.host_netns, place, chain.name, (body,)), view.network).parts


def _defaults(chain: Chain, present: str) -> Iterator[str]:
    """Yield the chain of the default zone to which this chain leads all packets."""
    for rule in chain.rules:
        for part in rule.body:
            if isinstance(part, Jump) and part.goto and len(rule.body) == 1 and _of_zone(part.chain, present)[0]:
                yield part.chain

"""Writes the IR as a script for ``nft -f -``.

Parts that hairpin does not model keep nft's own words.  The output is text, because JSON cannot mix such words with
modelled parts in one rule.  The words are made from the rule's body, never from ``Rule.text``, with one exception:
rules with the same number were one rule of nft (listing.py), whose text is written once.

Law: after nft has loaded the script, its listing reads as the same IR, apart from texts, handles and counters' places.

Source: nft(8); nftables src/parser_bison.y
"""

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.render_matches import Context, match_text, settled_version
from hairpin.netfilter.nft.render_statements import statement_text, targets_text, verdicts_text
from hairpin.netfilter.nft.sets import UPDATED_BY_RULES
from hairpin.netfilter.nft.values import key_text, name_text, refuse

_EXTENSION_WORDS = ("hbh ", "dst ", "rt ", "rt0 ", "rt2 ", "srh ", "frag ")


def render(table: ir.Table) -> str:
    """Return the commands that make the table, with counters.  Raises ChangeError for a table of another dialect and
    for a rule that nft cannot express.
    """
    if table.dialect != "nft":
        raise refuse(
            message("table {family} {name}", family=table.family, name=table.name), message("another tool made it")
        )
    lines = [f"table {table.family} {table.name} {{", *(["\tflags dormant"] if table.dormant else [])]
    lines += [f"\t{each}" for each in table.objects]
    for named in (*map(_set, table.sets), *map(_map, table.maps)):
        lines += [f"\t{line}" for line in named]
    for chain in table.chains:
        lines += [f"\tchain {chain.name} {{"]
        lines += [f"\t\t{hook_text(chain)}"] if chain.hook is not None else []
        lines += [f"\t\t{text}" for text in _rules(chain, table)]
        lines += ["\t}"]
    return "\n".join((*lines, "}", ""))


def render_rule(body: tuple[ir.Expression, ...], table: ir.Table, *, counter: str = "") -> str:
    """Return one rule's words.  The words in ``counter`` follow the rule's last match."""
    maps = {each.name: each for each in table.maps}
    parts: list[str] = []
    at = 0
    last_match = 0
    while at < len(body):
        each = body[at]
        following = body[at + 1] if at + 1 < len(body) else None
        context = Context(table.family, settled_version(table.family, body[:at]))
        at += 1
        if isinstance(each, ir.Match):
            if _is_implied_by(each, following):
                continue
            text, both = _pair(each, following, context) or match_text(each, context, following)
            at += both
            parts.append(text)
            last_match = len(parts)
        elif isinstance(each, ir.NoEffect):
            parts.append(statement_text(each, context, maps))
            at += _parts_inside(each.text, body[at:])
        elif each.__struct_config__.tag == "outside" and getattr(each, "name", "") == "map":
            return statement_text(each, context, maps)
        else:
            parts.append(statement_text(each, context, maps))
    if counter:
        parts.insert(last_match, counter)
    return " ".join(parts)


def _is_implied_by(each: ir.Expression, following: ir.Expression | None) -> bool:
    """Return whether the next part of the rule, such as ``icmpv6 id 1``, implies the condition ``each``."""
    if isinstance(each, ir.FieldMatch) and each.field == "extensions" and isinstance(following, ir.OpaqueMatch):
        return following.text.startswith(_EXTENSION_WORDS)
    if isinstance(following, ir.OpaqueMatch) and following.text.startswith(("icmpv6 id", "icmpv6 sequence")):
        return isinstance(each, ir.FieldMatch) and (each.field, each.ranges) == ("icmp6", ((0x8000, 0x81FF),))
    if not isinstance(following, ir.NoEffect | ir.StatefulMatch):
        return False
    by_map = " map {" in following.text or " map @" in following.text
    implied = isinstance(each, ir.FieldMatch) and each.field in ("nfproto", "ethertype", "protocol", "ct-direction")
    return by_map and " * :" not in following.text and not implied


def _pair(each: ir.Expression, following: ir.Expression | None, context: Context) -> tuple[str, bool] | None:
    """Return the words of a match if they depend on the next match, and whether they include the next match; else
    None."""
    match each, following:
        case ir.FieldMatch(field="ct-direction", ranges=((0, 1),)), ir.FieldMatch(
            field="nfproto", ranges=((value, _),)
        ):
            return f"ct l3proto {'ipv4' if value == 2 else 'ipv6'}", True
        case ir.FieldMatch(field="protocol", ranges=((first, last),), negated=False, mask=mask), _:
            # nft takes ``meta l4proto`` for the condition that a later port implies, and moves it to that port.
            moves = isinstance(following, ir.FieldMatch) and following.field in ("saddr4", "daddr4")
            if moves and first == last and mask == ir.FULL_MASK and context.version == 4:
                return f"ip protocol {first}", False
        case _:
            pass
    return None


def _parts_inside(text: str, after: tuple[ir.Expression, ...]) -> int:
    """Return how many of the next parts are already in the words of a statement such as
    ``add @set { … limit rate … }``."""
    count = 0
    for each in after:
        if not isinstance(each, ir.StatefulMatch | ir.OpaqueMatch) or each.text not in text:
            break
        count += 1
    return count


# --- chains ----------------------------------------------------------------------------------------------------------


def hook_text(chain: ir.Chain) -> str:
    devices = ", ".join(map(name_text, chain.devices))
    device = f" devices = {{ {devices} }}" if len(chain.devices) > 1 else f" device {devices}" if devices else ""
    policy = f" policy {chain.policy};" if chain.policy is not None else ""
    return f"type {chain.type} hook {chain.hook}{device} priority {chain.priority};{policy}"


def _rules(chain: ir.Chain, table: ir.Table) -> list[str]:
    numbers = [rule.number for rule in chain.rules]
    texts: list[str] = []
    for at, rule in enumerate(chain.rules):
        if numbers.count(rule.number) == 1:
            texts.append(_rule(rule, table))
        elif rule.number not in numbers[:at]:
            texts.append(rule.text)
    return texts


def _rule(rule: ir.Rule, table: ir.Table) -> str:
    counter = "" if rule.packets is None else f"counter packets {rule.packets} bytes {rule.bytes or 0}"
    return render_rule(rule.body, table, counter=counter)


# --- sets and maps ---------------------------------------------------------------------------------------------------


def _types(declared: str) -> str:
    """Return the words for a set's data types: ``type ipv4_addr . inet_service``, or ``typeof …`` if a type has no
    name."""
    kinds = declared.split(" . ")
    if all(type_of(kind).named or not type_of(kind).expression for kind in kinds):
        return f"type {declared}"
    missing = [kind for kind in kinds if not type_of(kind).expression]
    if missing:
        raise refuse(
            message("the type {type}", type=declared), message("no nft expression exists for {type}", type=missing[0])
        )
    return f"typeof {' . '.join(type_of(kind).expression for kind in kinds)}"


def _set(named: ir.Set) -> list[str]:
    flags: list[str] = []
    if named.opaque is not None:
        if named.opaque != UPDATED_BY_RULES:
            raise refuse(message("set {name}", name=named.name), named.opaque)
        flags += ["dynamic", "timeout"]
    kinds = tuple(named.type.split(" . "))
    if any(_is_interval(part) for element in named.elements for part in element.key):
        flags.append("interval")
    lines = [f"set {named.name} {{", f"\t{_types(named.type)}"]
    lines += [f"\tflags {','.join(flags)}"] if flags else []
    if named.elements:
        lines.append(f"\telements = {{ {', '.join(key_text(element.key, kinds) for element in named.elements)} }}")
    return [*lines, "}"]


def _is_interval(part: ir.NumberKey | ir.NameKey) -> bool:
    if isinstance(part, ir.NameKey):
        return part.name.endswith("*")
    return part.first != part.last


def _map(named: ir.Map) -> list[str]:
    declared, _, data = named.type.partition(" : ")
    kinds = tuple(declared.split(" . "))
    lines = [f"map {named.name} {{", f"\t{_types(declared)} : {data}"]
    if any(_is_interval(part) for element in named.elements for part in element.key):
        lines.append("\tflags interval")
    if named.elements:
        verdicts = tuple(each for each in named.elements if isinstance(each, ir.VerdictElement))
        targets = tuple(each for each in named.elements if isinstance(each, ir.NatElement))
        text = verdicts_text(verdicts, kinds) if verdicts else targets_text(targets, kinds, tuple(data.split(" . ")))
        lines.append(f"\telements = {text}")
    return [*lines, "}"]

"""Writes statements of the IR in nft's words.  statements.py, nat.py, mangle.py and maps.py do the reverse.

Raises ChangeError for a statement that nft cannot express.
"""

from typing import assert_never

from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.nft.data_types import type_of
from hairpin.netfilter.nft.render_matches import Context, expression, key_expression
from hairpin.netfilter.nft.values import key_text, range_text, refuse

_ICMP_WORDS = {"proto-unreachable": "prot-unreachable"}
_ICMP6_WORDS = {"adm-prohibited": "admin-prohibited"}
_NAT_FLAGS = {"random-fully": "fully-random"}


def statement_text(statement: ir.Statement, context: Context, maps: dict[str, ir.Map]) -> str:
    """Return the statement in nft's words.  ``maps`` has the table's named maps."""
    match statement:
        case ir.Verdict() | ir.Jump():
            return _verdict(statement)
        case ir.Reject(answer=answer):
            return _reject(answer)
        case ir.Nat():
            return nat_text(statement, context)
        case ir.NatMap():
            return _nat_map(statement, context, maps)
        case ir.SetField():
            return _set_field(statement, context)
        case ir.Notrack():
            return "notrack"
        case ir.SetZone(zone=zone):
            return f"ct zone set {zone}"
        case ir.VerdictMap(fields=fields, elements=elements, map=name):
            key, kinds = key_expression(fields, context)
            return f"{key} vmap {f'@{name}' if name is not None else verdicts_text(elements, kinds)}"
        case ir.NoEffect(text=text) | ir.Outside(text=text):
            if not text or text.startswith("xt "):
                raise refuse(statement, message("the words of the statement are not known"))
            return text
        case _:
            assert_never(statement)


def _verdict(statement: ir.Verdict | ir.Jump) -> str:
    match statement:
        case ir.Verdict(verdict=verdict):
            return verdict
        case ir.Jump(chain=chain, goto=goto):
            return f"{'goto' if goto else 'jump'} {chain}"


def verdicts_text(elements: tuple[ir.VerdictElement, ...], kinds: tuple[str, ...]) -> str:
    """Return the elements of a verdict map in nft's words: ``{ 22 : accept, * : drop }``."""
    texts = [f"{key_text(element.key, kinds)} : {_verdict(element.verdict)}" for element in elements]
    return f"{{ {', '.join(texts)} }}"


def _reject(answer: str) -> str:
    if answer == "tcp-reset":
        return "reject with tcp reset"
    kind, _, code = answer.partition("-")
    match kind:
        case "icmp":
            return f"reject with icmp type {_ICMP_WORDS.get(code, code)}"
        case "icmp6":
            return f"reject with icmpv6 type {_ICMP6_WORDS.get(code, code)}"
        case "icmpx":
            return "reject" if code == "not-printed" else f"reject with icmpx type {code}"
        case _:
            raise refuse(message("an answer {answer}", answer=answer))


# --- translation -----------------------------------------------------------------------------------------------------


def nat_text(nat: ir.Nat, context: Context) -> str:
    """Return a translation in nft's words, such as ``dnat ip to 172.17.0.2:80 persistent``."""
    version = nat.version if nat.version is not None else context.version
    target = ""
    if nat.base is not None:
        raise refuse(nat, message("nft has no base port"))
    if nat.addresses is not None:
        if version is None:
            raise refuse(nat, message("the address family of the translation is not known"))
        kind = "ipv4_addr" if version == 4 else "ipv6_addr"
        target = _prefix(nat, kind) if nat.prefix else range_text(*nat.addresses, kind)
        if version == 6 and nat.ports is not None:
            target = "-".join(f"[{end}]" for end in target.split("-"))
    if nat.ports is not None:
        target += f":{range_text(*nat.ports, 'integer')}"
    words: list[str] = [nat.nat]
    if target:
        named = nat.addresses is not None and context.family == "inet"
        words += [("ip" if version == 4 else "ip6")] if named else []
        words += ["prefix"] if nat.prefix else []
        words += ["to", target]
    flags = ",".join(_NAT_FLAGS.get(flag, flag) for flag in nat.flags)
    return " ".join((*words, flags)) if flags else " ".join(words)


def _prefix(nat: ir.Nat, kind: str) -> str:
    first, last = nat.addresses or (0, 0)
    bits = 32 if kind == "ipv4_addr" else 128
    host = (first ^ last).bit_length()
    if last - first != (1 << host) - 1:
        raise refuse(nat, message("iptables takes one prefix here"))
    return f"{type_of(kind).write(first)}/{bits - host}"


def _nat_map(nat: ir.NatMap, context: Context, maps: dict[str, ir.Map]) -> str:
    key, kinds = key_expression(nat.fields, context)
    if nat.map is not None:
        known = maps.get(nat.map)
        if known is None:
            raise refuse(nat, message("the table has no map {map}", map=nat.map))
        data = tuple(known.type.partition(" : ")[2].split(" . "))
        target = f"@{nat.map}"
    else:
        data = data_kinds(nat.elements, context)
        target = targets_text(nat.elements, kinds, data)
    words = f"{key} map {target}"
    if data == ("inet_service",):
        return f"{nat.nat} to :{words}"
    family = "ip" if data[0] == "ipv4_addr" else "ip6"
    if len(data) > 1:
        return f"{nat.nat} {family} addr . port to {words}"
    return f"{nat.nat} {family} to {words}" if context.family == "inet" else f"{nat.nat} to {words}"


def data_kinds(elements: tuple[ir.NatElement, ...], context: Context) -> tuple[str, ...]:
    """Return the data types of the addresses and ports in a map's elements."""
    first = elements[0] if elements else ir.NatElement(())
    kinds = [] if first.addresses is None else ["ipv6_addr" if context.version == 6 else "ipv4_addr"]
    if first.ports is not None:
        kinds.append("inet_service")
    if not kinds:
        raise refuse(message("a map"), message("the map translates to nothing"))
    return tuple(kinds)


def targets_text(elements: tuple[ir.NatElement, ...], kinds: tuple[str, ...], data: tuple[str, ...]) -> str:
    """Return the elements of a map to addresses and ports in nft's words: ``{ 80 : 10.0.0.1 . 8080 }``."""
    texts: list[str] = []
    for element in elements:
        ends = [ends for ends in (element.addresses, element.ports) if ends is not None]
        if len(ends) != len(data):
            raise refuse(element, message("the element is not of the type {type}", type=" . ".join(data)))
        target = " . ".join(range_text(*each, kind) for each, kind in zip(ends, data, strict=True))
        texts.append(f"{key_text(element.key, kinds)} : {target}")
    return f"{{ {', '.join(texts)} }}"


# --- fields ----------------------------------------------------------------------------------------------------------


def _set_field(statement: ir.SetField, context: Context) -> str:
    name = expression(statement.field, context)
    write = type_of(key_expression((statement.field,), context)[1][0]).write
    if statement.added or (statement.field in ("icmp", "icmp6", "fragment", "tcp-flags") and statement.keep):
        raise refuse(statement)
    terms: list[str] = []
    if statement.keep:
        terms.append(name if statement.keep == ir.FULL_MASK else f"{name} & {write(statement.keep)}")
    if statement.source is not None:
        source = expression(statement.source, context)
        masked = statement.source_mask != ir.FULL_MASK
        terms.append(f"{source} & {statement.source_mask:#x}" if masked else source)
    elif statement.value or not terms:
        terms.append(write(statement.value))
    return f"{name} set {' ^ '.join(terms)}"

"""Constants of the IR in nft's words: by field for matches, by nft's data type for the elements of sets.

Numbers are written as numbers if nft reads them so: symbols would depend on files of the host that loads them.
"""

from hairpin.errors import ChangeError
from hairpin.message import Message, message
from hairpin.netfilter.ir import Key, NameKey, NumberKey, Ranges
from hairpin.netfilter.nft.values import ICMP_TYPES
from hairpin.netfilter.rule_address import write_address, write_mac


def refuse(what: object, why: Message | None = None) -> ChangeError:
    """Return the error for something that nft cannot express."""
    return ChangeError(
        message(
            "cannot write {what} for nftables: {why}; leave it to the tool that made it",
            what=what,
            why=why or message("nft has no words for it"),
        )
    )


def kind_of(field: str) -> str:
    """Return how the field's numbers are written, as an nft data type; ``integer`` for plain numbers."""
    if "addr4" in field:
        return "ipv4_addr"
    if "addr6" in field:
        return "ipv6_addr"
    return "ether_addr" if field in ("smac", "dmac") else "integer"


def number_text(value: int, kind: str) -> str:
    """Return one number of an nft data type."""
    match kind:
        case "ipv4_addr":
            return write_address(value, "ip")
        case "ipv6_addr":
            return write_address(value, "ip6")
        case "ether_addr":
            return write_mac(value)
        case "nf_proto" | "ip_version":
            return {2: "ipv4", 10: "ipv6"}.get(value, str(value))
        case _:
            return str(value >> 8 if kind in ICMP_TYPES else value)


def range_text(first: int, last: int, kind: str) -> str:
    """Return ``80`` or ``80-90``."""
    ends = dict.fromkeys((number_text(first, kind), number_text(last, kind)))
    return "-".join(ends)


def ranges_text(ranges: Ranges, kind: str) -> str:
    """Return ``80``, ``80-90`` or ``{ 80, 90-99 }``."""
    texts = [range_text(first, last, kind) for first, last in ranges]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"


def name_text(name: str) -> str:
    """Return an interface name in quotes."""
    return f'"{name}"'


def key_text(key: tuple[Key, ...], kinds: tuple[str, ...]) -> str:
    """Return the key of a set's or map's element, ``*`` for a map's default."""
    if not key:
        return "*"
    if len(key) != len(kinds):
        raise refuse(key, message("it has another number of dimensions than {type}", type=" . ".join(kinds)))
    return " . ".join(_part(part, kind) for part, kind in zip(key, kinds, strict=True))


def _part(part: Key, kind: str) -> str:
    match part:
        case NumberKey(first=first, last=last):
            return range_text(first, last, kind)
        case NameKey(name=name):
            return name_text(name)

"""Policy rules from the text output of iproute2 and busybox, for hosts without JSON output.

    rule := PRIORITY ":" ["not"] "from" SOURCE word* ["lookup" TABLE | "goto" PRIORITY | ACTION] word*

Busybox omits the target of ``goto``, ``not`` and most selectors.
"""

from hairpin.errors import ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.read.ip.address_text import network, number
from hairpin.host.read.ip.links_text import value_after
from hairpin.host.read.ip.route_tables import RouteTables, tos
from hairpin.host.read.ip.rules_json import ALL_BITS, RuleAction, protocol
from hairpin.host.route import PolicyRule
from hairpin.netfilter.address import Version

_ACTIONS: tuple[RuleAction, ...] = ("blackhole", "unreachable", "prohibit", "nop")
# busybox prints an action as the type of a route that has the action's number: linux/fib_rules.h FR_ACT_*, RTN_*.
_BUSYBOX_ACTIONS: dict[str, RuleAction] = {
    "local": "goto", "broadcast": "nop", "blackhole": "blackhole", "unreachable": "unreachable", "prohibit": "prohibit",
}  # fmt: skip


def rules(reading: Reading, *, version: Version, tables: RouteTables) -> tuple[PolicyRule, ...]:
    """Return the policy rules in the order of the reading; raise ParseError with the line."""
    found: list[PolicyRule] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(_rule(line, version, tables, reading.id, line_number))
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    return tuple(found)


def _rule(line: str, version: Version, tables: RouteTables, evidence: str, number: int) -> PolicyRule:
    words = line.split()
    table_name = value_after(words, "lookup") or value_after(words, "table")
    action, table = _action(words, table_name), None
    if action == "table" and table_name not in (None, "[l3mdev-table]", "unspec"):
        table = tables.number(table_name or "main")
    goto = value_after(words, "goto")
    prefix_length = value_after(words, "suppress_prefixlength")
    protocol_name, tos_text = value_after(words, "ipproto"), value_after(words, "tos") or value_after(words, "dsfield")
    return PolicyRule(
        version=version,
        priority=int(words[0].removesuffix(":")),
        action=action,
        table=table,
        goto=int(goto) if goto is not None and goto.isdigit() else None,
        source=_selector(value_after(words, "from"), version),
        destination=_selector(value_after(words, "to"), version),
        iif=value_after(words, "iif"),
        oif=value_after(words, "oif"),
        mark=_mark(value_after(words, "fwmark")),
        tos=tos(tos_text) if tos_text is not None else None,
        protocol=protocol(protocol_name) if protocol_name is not None else None,
        sports=_range(value_after(words, "sport")),
        dports=_range(value_after(words, "dport")),
        uids=_range(value_after(words, "uidrange")),
        l3mdev=table_name == "[l3mdev-table]" or (action == "table" and table_name == "unspec"),
        inverted="not" in words[:2],
        suppress_prefix_length=int(prefix_length) if prefix_length is not None else None,
        suppress_group=value_after(words, "suppress_ifgroup"),
        unknown_selectors=tuple(key for key in ("tun_id", "flowlabel", "realms") if key in words),
        text=" ".join(_without_origin(words)),
        evidence=evidence,
        entry=number if evidence else 0,
    )


def _without_origin(words: list[str]) -> list[str]:
    """Return the words of a rule without ``proto kernel``, which only names the rule's origin."""
    if "proto" not in words:
        return words
    position = words.index("proto")
    return words[:position] + words[position + 2 :]


def _action(words: list[str], table: str | None) -> RuleAction:
    if "goto" in words:
        return "goto"
    if table == "unspec":
        return _BUSYBOX_ACTIONS.get(words[-1], "table")
    if table is not None:
        return "table"
    for action in _ACTIONS:
        if action in words:
            return action
    return "nop"


def _selector(text: str | None, version: Version) -> tuple[int, int] | None:
    return None if text in (None, "all") else network(text or "all", version)


def _mark(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    value, slash, mask = text.partition("/")
    return number(value), number(mask) if slash else ALL_BITS


def _range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    return int(first), int(last or first)

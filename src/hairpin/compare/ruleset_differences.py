"""Finds differences of rules, by table and chain: rules added, deleted, changed in place and moved; chains, policies,
sets.

Counters, handles and the order of chains and of sets' elements are no differences.
"""

import re
from collections.abc import Hashable, Iterator

import msgspec

from hairpin.change.simulation.rules import BUILT_IN, tool_rules
from hairpin.compare.edit import ChainBlocks, RulesTaken, RuleTaken, SpaceTaken, TableItem, TableKey, TableTaken
from hairpin.compare.listed_difference import ListedDifference, PartOfHost, Text
from hairpin.compare.sequences import blocks
from hairpin.compare.value_text import element_text
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.ir import Chain, Map, Rule, Ruleset, Set, Table

_RULES = ("ruleset",)
_COUNTED = re.compile(r"(packets|bytes|used) \d+( \w?bytes)?")
"""Matches the counters in an nft object, such as ``counter web { packets 0 bytes 0 }``."""


class RulesetDifferences(msgspec.Struct, frozen=True):
    """The differences of a namespace's rules, and the corresponding rules of each chain that differs."""

    found: tuple[ListedDifference, ...] = ()
    blocks: tuple[ChainBlocks, ...] = ()


def ruleset_differences(netns: Netns, was: Namespace, now: Namespace) -> RulesetDifferences:
    """Return the differences between the rules of both namespaces.  Rules that were not read in one of the namespaces
    are not compared."""
    if was.ruleset is now.ruleset:
        return RulesetDifferences()
    found: list[ListedDifference] = []
    chains: list[ChainBlocks] = []
    unread = {*was.unread, *now.unread}
    for key in dict.fromkeys((*_keys(netns, was.ruleset), *_keys(netns, now.ruleset))):
        if unread.isdisjoint(_readings_of(key)):
            one, other = (table_in(each.ruleset, key) for each in (was, now))
            found += _of_table(key, one, other, chains)
    if "ipset" not in unread:
        found += _of_ipsets(netns, was.ruleset, now.ruleset)
    return RulesetDifferences(tuple(found), tuple(chains))


def _readings_of(key: TableKey) -> set[str]:
    """Return the keys of the readings that contain the table."""
    if key.dialect in ("nft", "ebtables"):
        return {"nft-table", "nft-tables"} if key.dialect == "nft" else {"ebtables"}
    return {f"{key.dialect}-save{6 if key.family == 'ip6' else 4}"}


def _keys(netns: Netns, ruleset: Ruleset) -> Iterator[TableKey]:
    yield from (TableKey(netns, each.dialect, each.family, each.name) for each in ruleset.tables)


def table_in(ruleset: Ruleset, key: TableKey) -> Table | None:
    """Return the table with the key.  A missing table of iptables is returned as an empty table, because iptables makes
    the table when it is needed."""
    found = ruleset.table(key.family, key.name, key.dialect)
    if found is not None or not key.dialect.startswith("iptables"):
        return found
    return Table(key.family, key.name, key.dialect, ())


def built_in(key: TableKey, name: str) -> Chain | None:
    """Return iptables' built-in chain of this name, without rules; None if there is no such built-in chain."""
    if not key.dialect.startswith("iptables"):
        return None
    for known, hook, kind, priority in BUILT_IN.get(key.name, ()):
        if known == name:
            return Chain(name, (), hook, kind, priority, "accept")
    return None


def _of_table(
    key: TableKey, was: Table | None, now: Table | None, chains: list[ChainBlocks]
) -> Iterator[ListedDifference]:
    if was is now:
        return
    if was is None or now is None:
        yield _difference(key, "table", "", _table_text(was), _table_text(now))
        return
    names = list(dict.fromkeys(each.name for each in (*was.chains, *now.chains)))
    changed = _Changed(key, chains)
    for name in names:
        one, other = (each.chain(name) or built_in(key, name) for each in (was, now))
        if one is other:
            continue
        if one is None or other is None or _frame(one) != _frame(other):
            yield _difference(key, "chain", name, _chain_text(one), _chain_text(other))
            continue
        if one.hook is not None and (one.policy or "accept") != (other.policy or "accept"):
            yield _difference(key, "policy", name, one.policy or "accept", other.policy or "accept")
        if one.rules is not other.rules:
            changed.add_chain(one, other)
    yield from changed.differences()
    yield from _of_sets(key, was, now)


def _frame(chain: Chain) -> tuple[object, ...]:
    return chain.hook, chain.type if chain.hook else "", chain.priority if chain.hook else 0, chain.devices


class _Loose(msgspec.Struct, frozen=True):
    """A rule without a corresponding rule in the other network's chain.

    ``bodies``: the parts that identify the rule (see ``bodies_of``).  ``block``: the chain, and the number of the block
    in which the rule stands."""

    taken: RuleTaken
    number: int
    text: str
    bodies: Hashable
    block: tuple[str, int]


def bodies_of(rules: tuple[Rule, ...]) -> Hashable:
    """Return the parts that identify a rule of the tool: all parts except its counters."""
    return rules[0].body if len(rules) == 1 else tuple(each.body for each in rules)


class _Changed:
    """The rules of a table that have no corresponding rule, and the corresponding rules of its chains."""

    def __init__(self, key: TableKey, chains: list[ChainBlocks]) -> None:
        self.key = key
        self.chains = chains
        self.lost: list[_Loose] = []
        self.new: list[_Loose] = []

    def add_chain(self, was: Chain, now: Chain) -> None:
        """Add the differing rules of a chain."""
        before, after = tool_rules(was.rules), tool_rules(now.rules)
        made = blocks(tuple(map(bodies_of, before)), tuple(map(bodies_of, after)))
        if all(each.same for each in made):
            return
        self.chains.append(ChainBlocks(self.key, was.name, made))
        for place, block in enumerate(made):
            if not block.same:
                at = (was.name, place)
                self.lost += (self._loose(before, number, at, gone=True) for number in range(block.first, block.last))
                self.new += (self._loose(after, number, at, gone=False) for number in range(block.start, block.end))

    def _loose(self, rules: list[tuple[Rule, ...]], number: int, at: tuple[str, int], *, gone: bool) -> _Loose:
        taken = RuleTaken(self.key, at[0], was=number if gone else None, now=None if gone else number)
        return _Loose(taken, number + 1, rules[number][0].text, bodies_of(rules[number]), at)

    def differences(self) -> Iterator[ListedDifference]:
        """Yield the differences of the rules.

        A lost rule that is new elsewhere in the table was moved.  A lost rule that is similar to a new rule in its
        place was changed."""
        known: dict[Hashable, list[_Loose]] = {}
        for each in self.new:
            known.setdefault(each.bodies, []).append(each)
        ends: dict[int, _Loose] = {}
        taken: set[int] = set()
        for old in self.lost:
            same = known.get(old.bodies, [])
            at = next((each for each in same if each.taken.chain == old.taken.chain), same[0] if same else None)
            if at is not None:
                same.remove(at)
                taken.add(id(at))
                ends[id(old)] = at
        beside: dict[tuple[str, int], list[_Loose]] = {}
        for each in self.new:
            if id(each) not in taken:
                beside.setdefault(each.block, []).append(each)
        for old in self.lost:
            near = beside.get(old.block, [])
            if id(old) not in ends and near and _are_like(old.text, near[0].text):
                ends[id(old)] = near.pop(0)
                taken.add(id(ends[id(old)]))
            yield _rule_difference(self.key, old, ends.get(id(old)))
        yield from (_rule_difference(self.key, None, each) for each in self.new if id(each) not in taken)


def _are_like(one: str, other: str) -> bool:
    """Return whether the two rules differ in only one word, such as ``--dport 80`` and ``--dport 81``."""
    words, others = one.split(), other.split()
    return len(words) == len(others) and sum(a != b for a, b in zip(words, others, strict=True)) == 1


def _rule_difference(key: TableKey, old: _Loose | None, new: _Loose | None) -> ListedDifference:
    taken = tuple(each.taken for each in (old, new) if each is not None)
    chain = taken[0].chain
    before: Text | None = old.text if old is not None else None
    after: Text | None = new.text if new is not None else None
    where: Text
    if old is None or new is None:
        number = (new or old or _NONE).number
        where = message("{table} {chain}, rule {number}", table=_name(key), chain=chain, number=number)
    elif old.bodies == new.bodies:
        where = message("{table} {chain}, a moved rule", table=_name(key), chain=chain)
        before = message("rule {number} of {chain}: {rule}", number=old.number, chain=chain, rule=old.text)
        after = message("rule {number} of {chain}: {rule}", number=new.number, chain=new.taken.chain, rule=new.text)
    else:
        where = message("{table} {chain}, rule {number}", table=_name(key), chain=chain, number=new.number)
    return ListedDifference("rules", key.netns, where, before, after, RulesTaken(taken), fields=_RULES)


_NONE = _Loose(RuleTaken(TableKey(Netns(""), "nft", "ip", ""), ""), 0, "", (), ("", 0))


def _name(key: TableKey) -> str:
    """Return the table's name for people: ``filter``, ``ip6 filter``, ``inet firewalld``, or ``legacy filter`` for a
    table of the legacy back end."""
    if key.dialect in ("nft", "ebtables"):
        return f"{key.family} {key.name}" if key.dialect == "nft" else f"ebtables {key.name}"
    words = ("legacy",) if key.dialect == "iptables-legacy" else ()
    return " ".join((*words, *(("ip6",) if key.family == "ip6" else ()), key.name))


def _difference(
    key: TableKey, item: TableItem, name: str, before: Text | None, after: Text | None, *, listed: bool = True
) -> ListedDifference:
    part: PartOfHost = "sets" if item in ("set", "map") else "rules"
    edit = TableTaken(key, item, name)
    return ListedDifference(
        part, key.netns, _item_text(key, item, name), before, after, edit, listed=listed, fields=_RULES
    )


def _item_text(key: TableKey, item: TableItem, name: str) -> Message:
    match item:
        case "table":
            return message("table {table}", table=_name(key))
        case "chain":
            return message("{table}, chain {chain}", table=_name(key), chain=name)
        case "policy":
            return message("{table} {chain}, policy", table=_name(key), chain=name)
        case "objects":
            return message("{table}, named objects", table=_name(key))
        case "set" | "map":
            return message("{table}, set {name}", table=_name(key), name=name)


def _table_text(table: Table | None) -> Text | None:
    if table is None:
        return None
    return "\n".join((f"{len(table.chains)} chains", *(line for chain in table.chains for line in _chain_lines(chain))))


def _chain_text(chain: Chain | None) -> Text | None:
    return "\n".join(_chain_lines(chain)) if chain is not None else None


def _chain_lines(chain: Chain) -> Iterator[str]:
    hook = f" (hook {chain.hook}, priority {chain.priority}, policy {chain.policy or 'accept'})" if chain.hook else ""
    yield f"{chain.name}{hook}"
    yield from (rules[0].text for rules in tool_rules(chain.rules))


def _of_sets(key: TableKey, was: Table, now: Table) -> Iterator[ListedDifference]:
    if was.sets is not now.sets:
        yield from _named_differences(key, "set", {e.name: e for e in was.sets}, {e.name: e for e in now.sets})
    if was.maps is not now.maps:
        yield from _named_differences(key, "map", {e.name: e for e in was.maps}, {e.name: e for e in now.maps})
    one, other = (tuple(sorted(_COUNTED.sub(r"\1", each) for each in table.objects)) for table in (was, now))
    if one != other:
        gone, new = (sorted(set(a) - set(b)) for a, b in ((one, other), (other, one)))
        yield _difference(key, "objects", "", "\n".join(gone) or None, "\n".join(new) or None)


def _named_differences(
    key: TableKey, item: TableItem, was: "dict[str, Set] | dict[str, Map]", now: "dict[str, Set] | dict[str, Map]"
) -> Iterator[ListedDifference]:
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name), now.get(name)
        texts = _set_texts(one, other)
        if texts is not None:
            yield _difference(key, item, name, *texts, listed=not (_is_dynamic(one) and _is_dynamic(other)))


def _is_dynamic(each: Set | Map | None) -> bool:
    """Return whether rules add elements to the set when packets pass."""
    return isinstance(each, Set) and each.opaque is not None


def _of_ipsets(netns: Netns, was: Ruleset, now: Ruleset) -> Iterator[ListedDifference]:
    one, other = ({each.name: each for each in ruleset.ipsets} for ruleset in (was, now))
    for name in dict.fromkeys((*one, *other)):
        texts = _set_texts(one.get(name), other.get(name))
        if texts is not None:
            listed = not (_is_dynamic(one.get(name)) and _is_dynamic(other.get(name)))
            edit = SpaceTaken(netns, "ipset", name)
            where = message("ipset {name}", name=name)
            yield ListedDifference("sets", netns, where, *texts, edit, listed=listed, fields=_RULES)


def _set_texts(was: Set | Map | None, now: Set | Map | None) -> tuple[Text | None, Text | None] | None:
    """Return the elements that only one of the two sets has, or all elements if only one set exists or the types
    differ.  Return None if both sets have the same elements, in any order."""
    if was is None or now is None:
        return (_elements_text(was), _elements_text(now)) if was is not now else None
    if was.type != now.type:
        return _elements_text(was), _elements_text(now)
    one, other = ({element: element_text(element, each) for element in each.elements} for each in (was, now))
    if one.keys() == other.keys():
        return None
    gone = ", ".join(sorted(text for element, text in one.items() if element not in other))
    new = ", ".join(sorted(text for element, text in other.items() if element not in one))
    return gone or message("without {elements}", elements=new), new or message("without {elements}", elements=gone)


def _elements_text(each: Set | Map | None) -> Text | None:
    if each is None:
        return None
    return f"{each.type}: {', '.join(element_text(element, each) for element in each.elements)}"

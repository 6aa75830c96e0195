"""A base chain's decision about a packet, and the place of the deciding rule on the host."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.message import Message, message
from hairpin.netfilter.ir import Chain, Dialect, Family, Jump, Nat, Rule, Ruleset, Set, Table
from hairpin.netfilter.packet import Seen

Ending = Literal["accept", "drop", "reject", "outside"]


class Place(msgspec.Struct, frozen=True, gc=False):
    """The place of a rule, by which a reader finds the rule on the host.  For a policy, ``number`` is 0."""

    dialect: Dialect
    family: Family
    table: str
    chain: str
    number: int
    text: str
    handle: int | None = None
    line: int = 0
    evidence: str = ""

    @property
    def in_full(self) -> str:
        """The table, the chain and the rule's text."""
        return f"{self.table} {self.chain}: {self.text}"


def rule_at(ruleset: Ruleset, place: Place) -> Rule | None:
    """Return the rule at the place; None for a policy, or if the ruleset has no such rule."""
    table = ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    return next((each for each in chain.rules if each.number == place.number), None) if chain is not None else None


def named_sets(table: Table | None, ipsets: tuple[Set, ...]) -> dict[str, Set]:
    """Return the sets that the table's rules can name: the namespace's ipsets and the table's own sets.  A table that
    only nft shows can have rules of iptables, which name ipsets.  A table that was not read has ipsets only."""
    return {each.name: each for each in (*ipsets, *(table.sets if table is not None else ()))}


class Condition(msgspec.Struct, frozen=True, gc=False):
    """A fact that hairpin cannot know.  A branch assumes that the sentence ``said`` is true if ``holds`` is true, or
    else that it is false.  ``usual``: whether a single packet on a quiet host takes the branch.  ``load``: whether the
    fact changes only with the amount of traffic (a rate, a number of connections).  ``listed``: whether the kernel
    lists the present state, and the branch assumes this state.  ``reply``: whether the fact is about packets that
    answer the flow.  ``bound``: the traffic that keeps the fact as it is now, if the fact counts traffic over time.
    ``in_turn``: whether the kernel takes this branch and others in turn, so that a flow needs all of them."""

    said: Message
    holds: bool
    place: Place | None = None
    usual: bool = True
    load: bool = False
    listed: bool = False
    reply: bool = False
    bound: Message | None = None
    in_turn: bool = False

    @property
    def below(self) -> Message:
        """The sentence about the limit that counts traffic over time: below the limit, the fact stays as it is."""
        rule = self.said if self.place is None else self.place.in_full
        return message("as long as {bound}: {rule}", bound=self.bound or self.said, rule=rule)


class Decision(msgspec.Struct, frozen=True):
    """A base chain's decision about the packet on one branch.

    ``seen`` is the packet after the chain, with new marks.  ``nat`` is the translation that a rule demands.  The
    verdict ``outside`` means that a program gets the packet (NFQUEUE …), and that hairpin cannot know what the program
    does.  ``trail`` has the rules that were satisfied, in order.  ``joined`` has the trails of all branches that were
    joined into this decision; it is empty if there was only one branch.
    """

    verdict: Ending
    seen: Seen
    place: Place | None = None
    reject: str | None = None
    nat: Nat | None = None
    notrack: bool = False
    zone: int | None = None
    conditions: tuple[Condition, ...] = ()
    trail: tuple[Place, ...] = ()
    joined: tuple[tuple[Place, ...], ...] = ()


def place_of(table: Table, chain: str, rule: Rule) -> Place:
    """Return the place of a rule in a chain of the table."""
    return Place(
        table.dialect, table.family, table.name, chain, rule.number, rule.text, rule.handle, rule.line, table.evidence
    )


def policy_place(table: Table, chain: Chain) -> Place:
    """Return the place of a base chain's policy."""
    text = f"-P {chain.name} {(chain.policy or 'accept').upper()}"
    if table.dialect == "nft":
        text = f"policy {chain.policy or 'accept'};"
    return Place(table.dialect, table.family, table.name, chain.name, 0, text, evidence=table.evidence)


def rules_from(table: Table, starts: Iterable[str]) -> Iterator[tuple[Chain, Rule]]:
    """Yield the rules of these chains, and of the chains to which their rules lead, each with its chain."""
    pending, seen = list(starts), set[str]()
    while pending:
        chain = table.chain(pending.pop(0))
        if chain is None or chain.name in seen:
            continue
        seen.add(chain.name)
        for rule in chain.rules:
            yield chain, rule
            pending += [part.chain for part in rule.body if isinstance(part, Jump)]


def jumped_to(table: Table) -> frozenset[str]:
    """Return the names of the chains to which a rule of the table jumps."""
    rules = (rule for chain in table.chains for rule in chain.rules)
    return frozenset(part.chain for rule in rules for part in rule.body if isinstance(part, Jump))

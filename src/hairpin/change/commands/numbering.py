"""The numbers of a chain's rules during several edits that are made at once."""

from hairpin.change.simulation.rules import tool_rules
from hairpin.netfilter.ir import Chain


class Numbering:
    """The number that each rule had before the first edit; None for a rule that an edit inserted."""

    def __init__(self, rules: int) -> None:
        self.first = rules
        """The number of rules in the chain before the first edit."""
        self._numbers: list[int | None] = [*range(1, rules + 1)]

    @classmethod
    def of(cls, chain: Chain | None) -> "Numbering":
        """Return the numbering of a chain that no edit has touched."""
        return cls(len(tool_rules(chain.rules)) if chain is not None else 0)

    def __len__(self) -> int:
        return len(self._numbers)

    def before(self, number: int) -> int | None:
        """Return the number that the rule with this number had before the first edit; None if an edit inserted the rule
        or the chain has no such rule."""
        return self._numbers[number - 1] if 0 < number <= len(self._numbers) else None

    def insert(self, position: int | None) -> None:
        """Record that a rule is inserted at the position.  Positions count from 1, and None means the chain's end."""
        self._numbers.insert(len(self._numbers) if position is None else position - 1, None)

    def delete(self, number: int) -> int | None:
        """Record that a rule is deleted, and return the number that the rule had before the first edit.

        Return None if an edit inserted the rule, or if the chain has no such rule."""
        return self._numbers.pop(number - 1) if 0 < number <= len(self._numbers) else None

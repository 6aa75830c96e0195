"""How the rules of a chain are numbered while several edits are made of it at once."""

from hairpin.change.rules import tool_rules
from hairpin.netfilter.ir import Chain


class Numbering:
    """Which number each rule of the chain had before the first edit; None: it has come with an edit."""

    def __init__(self, rules: int) -> None:
        self.first = rules
        """How many rules there were before the first edit."""
        self._numbers: list[int | None] = [*range(1, rules + 1)]

    @classmethod
    def of(cls, chain: Chain | None) -> "Numbering":
        """Return the numbering of a chain that no edit has touched."""
        return cls(len(tool_rules(chain.rules)) if chain is not None else 0)

    def __len__(self) -> int:
        return len(self._numbers)

    def before(self, number: int) -> int | None:
        """Return which number the rule had that has this number now; None for a new one, or none."""
        return self._numbers[number - 1] if 0 < number <= len(self._numbers) else None

    def insert(self, position: int | None) -> None:
        """A rule comes in at the position (from 1; None: at the end)."""
        self._numbers.insert(len(self._numbers) if position is None else position - 1, None)

    def delete(self, number: int) -> int | None:
        """A rule goes; return which number it had before, None where it had none."""
        return self._numbers.pop(number - 1) if 0 < number <= len(self._numbers) else None

"""A firewalld rule before it is in a table, and the chains of its zone or policy.

Source: firewall/core/fw_policy.py policy_base_chain_name()
"""

from typing import Literal

import msgspec

from hairpin.netfilter.nft.syntax import Object

FirewalldTable = Literal["filter", "nat", "mangle"]


class RuleLine(msgspec.Struct, frozen=True):
    """A rule for the end of a chain or, with a priority, after those with the same or a lower number.  ``rich``: a rich
    rule's.  firewalld does not treat it as a duplicate of a service's or port's rule."""

    chain: str
    statements: tuple[Object, ...]
    priority: int = 0
    rich: bool = False


class OwnChains(msgspec.Struct, frozen=True):
    """The chains of a zone or a policy for one direction.  ``filter``: ``IN``, ``FWD``, ``OUT``; ``nat``: ``PRE``,
    ``OUT``. ``policy``: firewalld's own name of it, which its log messages have."""

    policy: str
    suffix: str
    filter: str = ""
    nat: str = "PRE"

    def base(self, table: FirewalldTable, *, leaving: bool = False) -> str:
        """Return the first chain in the table; ``leaving``: the one for source translation."""
        match table:
            case "filter":
                return f"filter_{self.filter}_{self.suffix}"
            case "nat":
                return f"nat_{'POST' if leaving else self.nat}_{self.suffix}"
            case "mangle":
                return f"mangle_PRE_{self.suffix}"

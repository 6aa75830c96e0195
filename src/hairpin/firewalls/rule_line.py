"""The types of a firewalld rule that is not yet in a table, and of the chains of its zone or policy.

Source: firewall/core/fw_policy.py policy_base_chain_name()
"""

from typing import Literal

import msgspec

from hairpin.netfilter.nft.syntax import Object

FirewalldTable = Literal["filter", "nat", "mangle"]


class RuleLine(msgspec.Struct, frozen=True):
    """A rule that is added at the end of a chain.  A rule with a priority is added directly after the rules with the
    same or a lower priority instead.  ``rich``: whether the rule comes from a rich rule.  firewalld does not treat such
    a rule as a duplicate of a service's or port's rule.  ``first``: whether the rule is put at the beginning of the
    chain."""

    chain: str
    statements: tuple[Object, ...]
    priority: int = 0
    rich: bool = False
    first: bool = False


class OwnChains(msgspec.Struct, frozen=True):
    """The chains of a zone or a policy for one direction.  ``filter``: the part of the names of the filter chains
    (``IN``, ``FWD``, ``OUT``).  ``nat``: the part of the names of the nat chains (``PRE``, ``OUT``).  ``policy``:
    firewalld's name for these chains, which its log messages contain."""

    policy: str
    suffix: str
    filter: str = ""
    nat: str = "PRE"

    def base(self, table: FirewalldTable, *, leaving: bool = False) -> str:
        """Return the first of these chains in the table.

        If ``leaving`` is true, return the chain for source translation."""
        match table:
            case "filter":
                return f"filter_{self.filter}_{self.suffix}"
            case "nat":
                return f"nat_{'POST' if leaving else self.nat}_{self.suffix}"
            case "mangle":
                return f"mangle_PRE_{self.suffix}"

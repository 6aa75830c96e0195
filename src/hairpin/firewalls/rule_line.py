"""A rule of firewalld's on its way into a table, and the chains of a zone or a policy that it goes to.

Source: firewall/core/fw_policy.py policy_base_chain_name()
"""

from typing import Literal

import msgspec

from hairpin.netfilter.nft.syntax import Object

FirewalldTable = Literal["filter", "nat", "mangle"]


class RuleLine(msgspec.Struct, frozen=True):
    """A rule at the end of a chain, or, with a priority, behind those of the same priority and less.  ``rich``: a
    rich rule's, which firewalld takes for another one than the same rule of a service or a port."""

    chain: str
    statements: tuple[Object, ...]
    priority: int = 0
    rich: bool = False


class OwnChains(msgspec.Struct, frozen=True):
    """The chains of a zone or a policy for one direction.  ``filter``: ``IN``, ``FWD``, ``OUT``; ``nat``: ``PRE``,
    ``OUT``.  ``policy``: firewalld's own name of it, which stands in the log."""

    policy: str
    suffix: str
    filter: str = ""
    nat: str = "PRE"

    def base(self, table: FirewalldTable, *, leaving: bool = False) -> str:
        """Return the first of the chains; ``leaving``: that of packets whose source may be translated."""
        match table:
            case "filter":
                return f"filter_{self.filter}_{self.suffix}"
            case "nat":
                return f"nat_{'POST' if leaving else self.nat}_{self.suffix}"
            case "mangle":
                return f"mangle_PRE_{self.suffix}"

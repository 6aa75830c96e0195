"""Jumps that a ruleset of iptables has lost, with the versions of the tool that may have lost them.

Some versions of iptables take a rule for another one: ``-D`` deletes a jump that nobody meant, or ``-C`` makes an
engine believe that its jump is there.
"""

from collections.abc import Iterator

from hairpin.change.rules import tool_rules
from hairpin.compare.edit import RulesTaken, RuleTaken
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides
from hairpin.compare.ruleset_differences import table_in
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.ir import Jump, Rule
from hairpin.network.network import Network

_FEW = 3
_UNKNOWN = message("no version of iptables")


def lost_jumps(sides: Sides, differences: tuple[ListedDifference, ...]) -> Iterator[Message]:
    """Yield a sentence for each lost jump, with iptables' version and package in both snapshots.

    More than a few at once are no mistake of the tool: somebody has deleted the rules."""
    found = tuple(_found(sides, differences))
    yield from found if len(found) <= _FEW else ()


def _found(sides: Sides, differences: tuple[ListedDifference, ...]) -> Iterator[Message]:
    for each in differences:
        if not isinstance(each.edit, RulesTaken) or len(each.edit.rules) != 1:
            continue
        (taken,) = each.edit.rules
        rule = _rule(sides.was, taken)
        jump = next((part for part in rule.body if isinstance(part, Jump)), None) if rule is not None else None
        if rule is not None and jump is not None and taken.table.dialect.startswith("iptables"):
            yield message(
                "{ref}: the jump to {chain} is lost. The earlier snapshot has {before}, the later one {after}",
                ref=each.ref,
                chain=jump.chain,
                before=_version(sides.was.this),
                after=_version(sides.now.this),
            )


def _rule(network: Network, taken: RuleTaken) -> Rule | None:
    """Return the rule that was taken out; None if one was put in."""
    if taken.was is None:
        return None
    table = table_in(network.namespace(taken.table.netns).ruleset, taken.table)
    chain = table.chain(taken.chain) if table is not None else None
    return tool_rules(chain.rules)[taken.was][0] if chain is not None else None


def _version(host: Host) -> Message | str:
    """Return ``iptables v1.8.9 (nf_tables), package 1.8.9-2`` as far as it was read."""
    packages = (each.text for each in host.versions if each.program in ("package:iptables", "package:iptables-nft"))
    found = (host.version("iptables"), next((f"package {each}" for each in packages), None))
    return ", ".join(each for each in found if each) or _UNKNOWN

"""Jumps that a ruleset of iptables has lost, with the versions of the tool that may have lost them.

Some versions of iptables take a rule for another one: ``-D`` deletes a jump that nobody meant, or ``-C`` makes an
engine believe that its jump is there.
"""

from collections.abc import Iterator

from hairpin.compare.edit import RulesTaken
from hairpin.compare.listed_difference import ListedDifference
from hairpin.compare.mixing import Sides, taken_rules
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.ir import Jump

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
        rules = taken_rules(sides, taken) if taken.was is not None else ()
        jump = next((part for rule in rules[:1] for part in rule.body if isinstance(part, Jump)), None)
        if jump is not None and taken.table.dialect.startswith("iptables"):
            yield message(
                "{ref}: the jump to {chain} is lost. The earlier snapshot has {before}, the later one {after}",
                ref=each.ref,
                chain=jump.chain,
                before=_version(sides.was.this),
                after=_version(sides.now.this),
            )


def _version(host: Host) -> Message | str:
    """Return ``iptables v1.8.9 (nf_tables), package 1.8.9-2`` as far as it was read."""
    packages = (each.text for each in host.versions if each.program in ("package:iptables", "package:iptables-nft"))
    found = (host.version("iptables"), next((f"package {each}" for each in packages), None))
    return ", ".join(each for each in found if each) or _UNKNOWN

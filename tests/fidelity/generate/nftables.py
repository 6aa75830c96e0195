"""Random native nftables rulesets, as ``nft -f`` reads them."""

from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import Dice, Plan


def ruleset(dice: Dice, made: Plan) -> tuple[RuleText, ...]:
    """Return random tables."""
    return ()

"""All hints.  Each needs words together that people seldom write about another fault.

The weights are relative to those of the alternatives (``suppose/alternatives.py``, 1 to 6): 8 is an idea among others,
18 is what such words nearly always mean.
"""

from hairpin.suppose.hints.hint import Hint
from hairpin.suppose.hints.of_firewalls import FIREWALLS
from hairpin.suppose.hints.of_networks import NETWORKS
from hairpin.suppose.hints.of_rules import SINGLE_RULES
from hairpin.suppose.hints.of_typed import TYPED
from hairpin.suppose.hints.of_ways import WAYS

HINTS: tuple[Hint, ...] = (*WAYS, *FIREWALLS, *SINGLE_RULES, *NETWORKS, *TYPED)

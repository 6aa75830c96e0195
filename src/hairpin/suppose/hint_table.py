"""All hints.  Each needs words together that people seldom write about another fault.

The weights are relative to those of the alternatives (``suppose/alternatives.py``, 1 to 6): 8 is an idea among others,
18 is what such words nearly always mean.
"""

from hairpin.suppose.hint import Hint
from hairpin.suppose.hint_firewalls import FIREWALLS
from hairpin.suppose.hint_networks import NETWORKS
from hairpin.suppose.hint_typed import TYPED
from hairpin.suppose.hint_ways import WAYS

HINTS: tuple[Hint, ...] = (*WAYS, *FIREWALLS, *NETWORKS, *TYPED)

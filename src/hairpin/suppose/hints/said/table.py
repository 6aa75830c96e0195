"""All hints.

Each hint needs several words together that people seldom write about another fault.  The weights are relative to the
weights of the alternatives (``suppose/alternatives.py``, 1 to 6).  A weight of 8 means one idea among others.  A weight
of 18 means that such words nearly always mean this cause.
"""

from hairpin.suppose.hints.hint import Hint
from hairpin.suppose.hints.said.of_changes import CHANGES, SERVERS
from hairpin.suppose.hints.said.of_clients import NAMES, SIDES, TARGETS
from hairpin.suppose.hints.said.of_firewalls import FIREWALLS, SINGLE_RULES, TYPED
from hairpin.suppose.hints.said.of_networks import NETWORKS, WAYS

HINTS: tuple[Hint, ...] = (
    *CHANGES, *WAYS, *FIREWALLS, *SINGLE_RULES, *NETWORKS, *SIDES, *TARGETS, *TYPED, *SERVERS, *NAMES,
)  # fmt: skip

"""Which containers of a host are alike: what holds for a packet of one of them holds for all of its kind.

Read ``own_values`` (what belongs to one container alone), ``literals`` (all other numbers and words, and the cells
between them), ``forms`` (readings with a container's own values left open), ``rule_forms`` (the same for rules),
``readings`` (which reading is whose) and ``kinds`` (the containers, and the flows, that are alike).
"""

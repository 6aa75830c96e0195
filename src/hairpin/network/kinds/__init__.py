"""Finds the containers of a host that are alike: the result of a packet's walk for one container holds for its whole
kind.

Read ``own_values`` (the values that belong to one container alone), ``literals`` (all other numbers and words, and the
cells between them), ``forms`` (readings with placeholders for a container's own values), ``rule_forms`` (rules with
such placeholders), ``readings`` (the container to which each reading belongs) and ``kinds`` (the containers, and the
flows, that are alike).
"""

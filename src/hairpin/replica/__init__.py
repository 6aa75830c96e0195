"""The second judge: it rebuilds a snapshot's network in throw-away namespaces of the running kernel and sends real
packets there.

Read ``judgement`` (the public types of the second judge's questions and answers), ``plan`` (the blueprint, as data),
``run`` (builds the blueprint and sends packets), ``watch`` (captures and counters) and ``judge`` (the entry).
  The package ``hairpin.judges`` compares a
replica's answer with the walk's.
"""

"""The second judge: a snapshot's network in throw-away namespaces on the running kernel, with real packets.

Read ``judgement`` (question and answer: the public types), ``plan`` (the blueprint, as data), ``run`` (builds it and
sends packets), ``watch`` (captures and counters) and ``judge`` (the entry).  ``prerequisites``: why a machine cannot
build a replica.  The folder ``judges/`` beside this one compares a replica's answer with the walk's.
"""

"""The law of a proof, held on recorded hosts, on pairs of faults and on random double changes.

Read ``law`` (what must hold of an answer and of its plan) and then what it is held on: ``cases`` (recorded hosts, and
double changes of them), ``pairs`` of the catalogue's faults on the small host (``merging`` puts both on it), and pairs
of the lab's faults on real hosts (``lab``).
"""

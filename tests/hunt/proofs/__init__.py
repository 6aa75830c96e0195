"""The law of a proof, held on recorded hosts and on random double changes of them.

Read ``law`` (what must hold of an answer and of its plan), ``cases`` (what it is held on).
"""

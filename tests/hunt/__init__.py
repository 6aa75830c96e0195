"""The hunt of causes: a healthy host, one random change of what it consists of, all flows, the answer.

Read ``bases`` (the hosts), ``draws`` (the changes, by kind of primitive), ``case`` (both by a number), ``elements``
(what a change touches), ``law`` (what must hold), ``kernel`` (its word on a case), ``report`` (the table, the misses by
group), ``keeping`` (misses as regressions).  ``real`` hunts on real lab hosts, ``proofs`` holds what is printed of two
changes against its proof.
"""

"""The real hunt: a healthy lab host, one random command on it (or two), real exchanges of data, the answer, the repair.

Read ``hosts`` (the kinds), ``exchange`` (a script that sends and serves data), ``flows`` (which flows pass), ``place``
(a namespace and what is in it), ``draws`` (the commands, by kind), ``case`` (all by a number), ``judge`` (what is right
about an answer), ``trial`` (one case from building to repair), ``report`` (tables, misses), ``keeping`` (misses as
regressions).
"""

"""The power of a host is cut while a plan is carried out: ``python -m tests.power``.

Read ``inside`` (what the host does at each boot: it settles what the last cut has left, and begins anew), ``syncs``
(the moments of a cut, with ``writer``: those of a file that is replaced), ``host`` (its disk, and what a cut leaves on
it) and ``__main__`` (the cuts, and the table).  The plan is that of ``tests/kills``.
"""

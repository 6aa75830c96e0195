"""The power of a host is cut while a plan is carried out: ``python -m tests.power``.

Read ``inside`` (what the host does at each boot: it settles what the last cut has left, and begins anew) and
``__main__`` (the guest, its disk, the cuts, and the table).  The plan is that of ``tests/kills``.
"""

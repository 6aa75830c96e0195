"""Full tables, stale entries and exceeded limits on real hosts of the lab, and look-alikes that must stay silent.

Read ``case`` (what a case is, and how it is judged), then the tables: ``limits``, ``entries``, ``room``.  ``fill``
writes many conntrack entries.  ``python -m tests.tables`` carries all out (``python -m tests.tables recent``: those
whose names have the word) and prints a line each; it needs root and a lab (``make setup-lab``).
"""

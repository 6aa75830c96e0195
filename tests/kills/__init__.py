"""Plans whose process is killed at any moment, on hosts with real managers: ``python -m tests.kills``.

Read ``plans`` (which steps on which hosts), ``program`` (where a process can be killed, and how), ``inside`` (one plan
carried out, killed and settled in the host), ``struck`` (the undo at the deadline, which has moments, too) and
``__main__`` (the labs, and the table).  A small sample without managers stands in ``tests/kernel/test_taking_back.py``.
"""

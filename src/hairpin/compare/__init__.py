"""Compares two hosts, or one host at two times: finds the differences, and which of them decide which flow.  Pure.

Read ``comparison`` (the one entry), ``own_facts`` (one host's evidence with the names and addresses of the other host),
``corresponding`` (the earlier host under the later one's names and numbers), ``listed_difference`` (a difference for
the report) and ``edit`` (the same difference as a change of a network).  ``ruleset_differences`` (with ``sequences``),
``setting_differences`` (with ``setting_words`` and ``value_text``), ``host_differences`` and ``container_differences``
find them.  ``mixing`` makes the earlier network with any selection of the differences.  ``deciding`` finds the smallest
selection that decides a flow, and asks the second judge about it.  ``concerning`` finds the differences that a flow
meets.  ``makers`` finds in the traces who made them.  ``last_good``: whether flows pass in a kept snapshot.
"""

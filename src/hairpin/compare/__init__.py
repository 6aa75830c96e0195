"""Compares two hosts, or one host at two times: finds the differences, and for each flow the differences that decide
it.  Pure.

Read ``comparison`` (the entry), ``own_facts`` (one host's evidence with the names and addresses of the other host),
``corresponding`` (the earlier host with the later host's names and numbers), ``listed_difference`` (a difference for
the report) and ``edit`` (a difference as an edit of a network).  ``ruleset_differences`` (with ``sequences``),
``setting_differences`` (with ``setting_words`` and ``value_text``), ``host_differences`` and ``container_differences``
find the differences.  ``mixing`` makes the earlier network with any selection of the differences.  ``deciding`` finds
the smallest selection that decides a flow, and asks the second judge about this selection.  ``concerning`` finds the
differences that a flow meets.  ``makers`` finds in the traces the actors that made the differences.  ``last_good``
tells whether flows pass in a kept snapshot.
"""

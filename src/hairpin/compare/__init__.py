"""Two hosts, or one host at two times: what differs, and which of the differences decide which flow.  Pure.

Read ``comparison`` (the one entry), ``own_facts`` (one host's evidence with another one's own names and addresses),
``corresponding`` (the earlier host under the later one's names and numbers), ``listed_difference`` (a difference as it
is told) and ``edit`` (what it is to a network).  ``ruleset_differences`` (with ``sequences``), ``setting_differences``
(with ``setting_words`` and ``value_text``), ``host_differences`` and ``container_differences`` find them.  ``mixing``
makes the earlier network with any selection of them, ``deciding`` finds the smallest one that decides a flow, and asks
the second judge about it, ``concerning`` those that a flow meets, ``makers`` asks the traces who made them.
``last_good``: whether flows pass in a kept snapshot.
"""

"""How right hairpin is about the lab's broken hosts: ``python -m tests.score``.  Real connections judge.

Read ``diagnosis`` (runs hairpin in a lab host), ``judging`` (holds its answer against the truth), ``score`` (the loop
over labs, and all answers), then what is scored: ``scenario_score`` (scenarios as their files state them),
``random_score`` (the faults of several, which ``random_faults`` draws), ``pairs`` (those whose repairs meet),
``event_score`` (events on repairs, by the commands of ``happening``), ``fix_score`` (`hairpin fix` repairs, and takes
that back; ``fixing``: one flow).

``repairing`` carries out a printed repair.  It compares ``all_flows`` (every connection that a lab may make) and
``host_state`` (rules, routes, parameters, files as text) before and after, and boots the host anew (``reboot``).
``outcome`` makes one connection.
"""

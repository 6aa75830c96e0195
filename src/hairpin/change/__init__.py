"""A change is one thing: simulated on a network, told as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulate`` (the network after it, with ``rules``, ``addresses``, ``links``,
``listed``, ``renaming``, ``entries``, ``sysctls``), ``in_turn`` (several, one after another), ``difference`` (the
change between two networks, which undoes another one), ``step`` and ``steps`` (how it is made on a host, with
``expect``, ``expected`` and ``whole_file``), ``calls`` (what engines, firewalld and ufw are asked to do), ``ufw`` and
``firewalld`` (what these then do), ``text`` (a step shown, with ``rules_text``, ``held``, ``file_text``), ``carrying``
(a step carried out, with ``argv``, ``words``, ``loading``, ``numbering``), ``intent`` (what a cause wants of the
rules).
"""

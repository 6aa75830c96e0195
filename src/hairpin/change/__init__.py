"""A change is one thing: simulated on a network, told as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulate`` (what it makes of a network, with ``rules``, ``addresses``,
``links``, ``entries``, ``sysctls``), ``difference`` (the change between two networks: what undoes another one),
``step`` and ``steps`` (the one telling, with ``expect`` and ``expected``), ``calls`` (what engines and firewalld are
asked), ``text`` (a step shown), ``carrying`` (a step carried out, with ``argv``, ``words``, ``loading``,
``numbering``), ``intent`` (what a cause wants of the rules).
"""

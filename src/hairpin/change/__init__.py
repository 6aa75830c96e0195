"""One value for a change: simulated on a network, shown as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulation/`` (the network after it), ``difference`` (the change between two
networks, which undoes another one), ``step`` and ``steps`` (how it is made on a host, with ``expect`` and
``expected``), ``calls`` (requests to engines, firewalld and ufw), ``ufw`` and ``firewalld`` (the effects of these
requests), ``commands/`` (a step shown and carried out), ``intent`` (the purpose of a rule change).
"""

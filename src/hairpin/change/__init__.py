"""One value for a change: simulated on a network, shown as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulation/`` (the network after it), ``difference`` (the change between two
networks, which can undo another change), ``step`` and ``steps`` (the steps that make a change on a host, with
``expect`` and ``expected``), ``calls`` (requests to engines, firewalld and ufw), ``ufw`` and ``firewalld`` (the effects
of these requests), ``narrower`` (requests that a wider one makes needless), ``commands/`` (the commands that show a
step and carry it out), ``intent`` (the purpose of a rule change).
"""

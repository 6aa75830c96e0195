"""One value for a change: simulated on a network, shown as steps, carried out on a host, undone.

Read ``change`` (what can be changed), ``simulation/`` (the network after it), ``difference`` (the change between two
networks, which undoes another one), ``step`` and ``steps`` (how it is made on a host, with ``expect`` and
``expected``), ``calls`` (what engines, firewalld and ufw are asked to do), ``ufw`` and ``firewalld`` (what these then
do), ``commands/`` (a step shown and carried out), ``intent`` (what a cause wants of the rules).
"""

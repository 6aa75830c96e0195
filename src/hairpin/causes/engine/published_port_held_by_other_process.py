"""Another process holds the published port and answers on it.

Users see: another service answers, and ``docker run`` failed with "bind: address already in use".

Proof: the packet arrives at a socket of another process.  If that process is ended and the container is started, the
packet arrives at the container.
Now: stop the process and start the container, or recreate the container with another port.  A person has to choose one
of these repairs.  If the process is a docker-proxy from an earlier run of the container, ``kill`` it and start the
container.
Lasting: disable the unit of the process.  If the unit stays enabled, the process takes the port again at the next boot.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.engine._port_holder import by_holder
from hairpin.message import message

CAUSE = Cause(
    aliases=("port-bound-by-other-process",),
    title=message("Another process holds the published port"),
    source="bind(2): EADDRINUSE; moby libnetwork/portallocator",
    reasons=frozenset({"answered-by-other"}),
    find=by_holder(container=False),
)

"""Another container publishes the same port of the host, and it holds the port.

Users see: another service answers, and ``docker run`` or ``docker start`` failed with "Bind for 0.0.0.0:PORT failed:
port is already allocated".

Proof: the packet arrives at the other container.  If that container is stopped and the intended container is started,
the packet arrives at the intended container.
Now: stop the other container and start this container, or recreate one of the two with another port.  A person has to
choose one of these repairs.
Lasting: change the port in the Compose file, or in the command that creates the container.
"""

from hairpin.causes.engine._port_holder import by_holder
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("Another container has the published port"),
    source="moby: libnetwork/portallocator/portallocator.go; moby/libnetwork#575, moby/moby#12148, moby/moby#26527",
    shown_by=("docker ps -a", message("another container publishes the port")),
    reasons=frozenset({"answered-by-other"}),
    find=by_holder(container=True),
    shown_to="engine",
)

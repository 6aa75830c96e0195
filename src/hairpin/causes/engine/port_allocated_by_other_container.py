"""Another container publishes the same port of the host and has it.

Users see: another service's answer; ``docker run`` or ``docker start`` ended with "Bind for 0.0.0.0:PORT failed: port
is already allocated".

Proof: the packet arrives at the other container; without it, and with the meant one started, it arrives there.
Now: stop the other container and start this one, or recreate one of them with another port: a person's choice.
Lasting: the port in the compose file or in the command that makes the container.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.engine._port_holder import by_holder
from hairpin.message import message

CAUSE = Cause(
    title=message("Another container has the published port"),
    source="moby: libnetwork/portallocator/portallocator.go; moby/libnetwork#575, moby/moby#12148, moby/moby#26527",
    reasons=frozenset({"answered-by-other"}),
    find=by_holder(container=True),
)

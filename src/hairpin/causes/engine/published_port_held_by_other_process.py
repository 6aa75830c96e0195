"""Another process has the published port and answers on it.

Users see: another service's answer; ``docker run`` ended with "bind: address already in use".

Proof: the packet arrives at another process's socket than the container's; without it, and with the container started,
it arrives there.
Now: stop the holder and start the container, or recreate the container with another port: a person's choice.  A
docker-proxy that was left behind by the container's last run serves nobody: ``kill`` it and start the container.
Lasting: disable the holder's unit; else it has the port again at the next boot.
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

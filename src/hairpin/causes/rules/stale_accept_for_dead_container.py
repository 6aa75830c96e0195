"""Rules of a container that is gone stand yet: they open a port of the container that gets its address next.

Users see: after a restart of containers, a port that nobody has published answers, with another container's service.

Proof: the event is carried out on the model of the host: another container gets the address to which a rule of Docker's
form leads, and a client that fails now is delivered by that rule; without the rule it is not.
Now: delete the rules: ``iptables -t nat -D DOCKER …``, and the one in ``filter`` beside it.
Lasting: find out what left them: a dockerd that was killed, or saved rules that hold Docker's own.  A restart of
dockerd without live-restore takes them away, too.
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("Rules of a container that is gone open a port of the next one"),
    source="moby/moby#32048; containers/netavark#1121",
)

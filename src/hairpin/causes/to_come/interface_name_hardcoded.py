"""A rule, a sysctl file or the network's configuration names a network card by its name.

Users see: it worked until the card was replaced, or the kernel gave it another name.

Proof: the event is carried out on the model of the host; what names the old interface applies to none then, and the
packet is stopped.
Now: nothing fails yet.
Lasting: a ``.link`` file that keeps the name, or the rule without it.
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("A rule or a file names an interface that will have another name"),
    source="systemd.link(5)",
    foresees=lambda coming: coming.event == "nic-replaced" and coming.found.candidate.in_class != "switched-off",
)

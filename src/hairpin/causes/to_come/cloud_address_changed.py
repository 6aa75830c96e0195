"""A rule, a container or a question names an address that the cloud gives anew at each start of the machine.

Users see: it worked until the machine was stopped and started.

Proof: the address is taken off the model of the host; nothing answers for it then.
Now: nothing fails yet.
Lasting: a reserved address; rules and published ports without the address.
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("The machine's address belongs to it only until it is stopped"),
    source="the clouds' own documents on ephemeral addresses",
    foresees=lambda coming: coming.event == "cloud-stop-start" and coming.found.candidate.in_class != "switched-off",
)

"""A rule, a container or a question names an address that the cloud assigns anew at each start of the machine.

Users see: the port worked until the machine was stopped and started.

Proof: hairpin deletes the address from the model of the host.  No machine answers for the address then.
Now: nothing has to be done, because no flow fails yet.
Lasting: reserve the address, or write rules and published ports without the address.
"""

from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The machine keeps its address only until it is stopped"),
    source="the clouds' own documents on ephemeral addresses",
    foresees=lambda coming: coming.event == "cloud-stop-start" and coming.found.candidate.in_class != "switched-off",
)

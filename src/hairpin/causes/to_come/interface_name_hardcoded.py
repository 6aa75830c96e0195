"""A rule, a sysctl file or the network configuration refers to a network card by its interface name.

Users see: the port worked until the card was replaced, or until the kernel gave it another name.

Proof: hairpin simulates the event on the model of the host.  The rule or setting with the old name then applies to no
interface, and the packet is stopped.
Now: nothing has to be done, because no flow fails yet.
Lasting: add a ``.link`` file that keeps the name, or write the rule without the name.
"""

from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("A rule or a file names an interface that will get another name"),
    source="systemd.link(5)",
    shown_by=(
        "ip link; ip route; sudo iptables-save",
        message("a rule names an interface that does not exist, or an interface other than that of the default route"),
    ),
    foresees=lambda coming: coming.event == "nic-replaced" and coming.found.candidate.in_class != "switched-off",
)

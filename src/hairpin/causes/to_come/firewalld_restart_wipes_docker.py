"""firewalld flushes the tables of iptables when it starts or reloads, and the engine does not notice this.

Users see: published ports fail after ``systemctl restart firewalld`` or ``firewall-cmd --reload``, until the engine is
restarted.  ``docker run`` fails with "No chain/target/match by that name".

Proof: hairpin simulates the event on the model of the host.  Rules that the engine made are gone then, and with these
rules the packet passes.
Now: nothing has to be done, because no flow fails yet.
Lasting: for Podman, ``systemctl enable --now netavark-firewalld-reload``, if the host has this unit.  For Docker, let
systemd restart dockerd after firewalld (``PartOf=firewalld.service``).
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import OF_FIREWALLD, loses_engine_rules

CAUSE = Cause(
    title=message("firewalld deletes the engine's rules, and nothing makes them again"),
    source="firewalld(1); moby/moby#16137, containers/netavark#723",
    shown_by=("sudo iptables-save", message("table nat has no chain DOCKER, or FORWARD has none of Docker's rules")),
    foresees=lambda coming: coming.event in OF_FIREWALLD and loses_engine_rules(coming),
)

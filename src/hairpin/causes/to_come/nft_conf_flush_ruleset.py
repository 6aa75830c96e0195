"""The script of nftables begins with ``flush ruleset``, or its unit flushes the ruleset when it stops, so the engine's
tables are deleted, too.

Users see: published ports and the containers' connections to the outside fail after ``systemctl restart nftables`` or
``nft -f /etc/nftables.conf``, until dockerd is restarted.

Proof: hairpin simulates the script on the model of the host.  Rules that the engine made are gone then, and with these
rules the packet passes.
Now: nothing has to be done, because no flow fails yet.
Lasting: in the script, use ``destroy table`` for the script's own tables instead of ``flush ruleset``.  Let systemd
restart dockerd after the unit.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import OF_NFTABLES, loses_engine_rules

CAUSE = Cause(
    title=message("nftables' file deletes the engine's rules"),
    source="nft(8); docker/for-linux#1472",
    foresees=lambda coming: coming.event in OF_NFTABLES and loses_engine_rules(coming),
)

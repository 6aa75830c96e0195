"""The script of nftables begins with ``flush ruleset``, or its unit flushes when it stops: the engine's tables go, too.

Users see: published ports and the containers' way out fail after ``systemctl restart nftables`` or ``nft -f
/etc/nftables.conf``, until dockerd is restarted.

Proof: the script is carried out on the model of the host; rules that the engine made are gone then, and put back, the
packet goes on.
Now: nothing fails yet.
Lasting: ``destroy table`` for the script's own tables instead of ``flush ruleset``; restart dockerd behind the unit.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import OF_NFTABLES, loses_engine_rules
from hairpin.message import message

CAUSE = Cause(
    title=message("nftables' file deletes the engine's rules"),
    source="nft(8); docker/for-linux#1472",
    foresees=lambda coming: coming.event in OF_NFTABLES and loses_engine_rules(coming),
)

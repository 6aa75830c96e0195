"""A unit that loads or flushes rules, or adds the published address, is started after dockerd.

Users see: after each boot published ports fail until dockerd is restarted.

Proof: hairpin simulates the boot on the model of the host in the order of its units.  Rules that the engine made are
gone after the boot, and with these rules the packet passes.
Now: nothing has to be done, because no flow fails yet.
Lasting: add ``Before=docker.service`` to this unit, or restore dockerd's rules after this unit has run.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import loses_engine_rules

CAUSE = Cause(
    title=message("At boot a program runs after the engine and undoes the engine's rules"),
    source="systemd.unit(5) Before=, After=; moby/moby#39559",
    foresees=lambda coming: (
        coming.event == "reboot" and (loses_engine_rules(coming) or coming.found.id == "publish-address-not-on-host")
    ),
)

"""A unit that loads or flushes rules, or brings the published address, is started behind dockerd.

Users see: after each boot published ports fail until dockerd is restarted.

Proof: the boot is carried out on the model of the host in the order of its units; rules that the engine made are gone
at its end, and put back, the packet goes on.
Now: nothing fails yet.
Lasting: ``Before=docker.service`` in that unit, or dockerd's rules restored behind it.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import loses_engine_rules
from hairpin.message import message

CAUSE = Cause(
    title=message("At boot something runs after the engine and undoes its rules"),
    source="systemd.unit(5) Before=, After=; moby/moby#39559",
    foresees=lambda coming: (
        coming.event == "reboot" and (loses_engine_rules(coming) or coming.found.id == "publish-address-not-on-host")
    ),
)

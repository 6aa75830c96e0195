"""The saved rules replace whole tables, and the saved rules do not contain the engine's rules.

Users see: published ports and the containers' connections to the outside fail after ``systemctl restart
netfilter-persistent`` or ``iptables``, until dockerd is restarted.

Proof: hairpin loads the saved file into the model of the host.  Rules that the engine made are gone then, and with
these rules the packet passes.
Now: nothing has to be done, because no flow fails yet.
Lasting: restart dockerd whenever the unit that loads the saved rules is restarted (``PartOf=``), or remove the engine's
tables from the saved file.
"""

from hairpin.causes.kit import Cause, Coming, message
from hairpin.causes.to_come._coming import brought_translation, loses_engine_rules


def foresees(coming: Coming) -> bool:
    if coming.event != "saved-rules-restore" or not loses_engine_rules(coming):
        return False
    return brought_translation(coming) is None  # otherwise the saved file contains older rules of the engine


CAUSE = Cause(
    title=message("Loading the saved rules deletes the engine's rules"), source="iptables-restore(8); moby/moby#12294"
)

"""The saved rules replace whole tables, and the engine's rules are not among them.

Users see: published ports and the containers' way out fail after ``systemctl restart netfilter-persistent`` or
``iptables``, until dockerd is restarted.

Proof: the saved file is loaded into the model of the host; rules that the engine made are gone then, and put back, the
packet goes on.
Now: nothing fails yet.
Lasting: restart dockerd whenever that unit is restarted (``PartOf=``), or take the engine's tables out of the file.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.to_come._coming import brought_translation, loses_engine_rules
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether the event brings this cause."""
    if coming.event != "saved-rules-restore" or not loses_engine_rules(coming):
        return False
    return brought_translation(coming) is None  # else the file has older rules of the engine


CAUSE = Cause(
    title=message("Loading the saved rules deletes the engine's rules"), source="iptables-restore(8); moby/moby#12294"
)

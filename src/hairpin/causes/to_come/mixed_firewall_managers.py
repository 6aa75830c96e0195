"""Two or more of firewalld, ufw, nftables, iptables and netfilter-persistent load rules here, each for itself.

Users see: what one of them allows is denied after the other one is restarted, or after the boot.

Proof: the event is carried out on the model of the host; the packet then meets a rule or a policy of another program
than the one that lets it through now.
Now: nothing fails yet.
Lasting: keep one of them, and bring the rules of the others into it.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.to_come._coming import managers, stopping_rule
from hairpin.message import message

CAUSE = Cause(
    title=message("Two programs manage this host's rules"),
    source="systemctl(1); canonical/multipass#2477",
    foresees=lambda coming: stopping_rule(coming) is not None and len(managers(coming.host)) > 1,
)

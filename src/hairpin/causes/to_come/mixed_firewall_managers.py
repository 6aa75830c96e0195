"""Two or more of firewalld, ufw, nftables, iptables and netfilter-persistent load rules on this host, independently of
each other.

Users see: a flow that one firewall program allows is denied after another firewall program is restarted, or after a
boot.

Proof: hairpin simulates the event on the model of the host.  A rule of one program accepts the packet now.  After the
event, a rule or policy of another program stops it.
Now: nothing has to be done, because no flow fails yet.
Lasting: keep one of these programs, and move the rules of the other programs into it.
"""

from hairpin.causes.kit import Cause, message
from hairpin.causes.to_come._coming import managers, stopping_rule

CAUSE = Cause(
    title=message("Two programs manage this host's rules"),
    source="systemctl(1); canonical/multipass#2477",
    foresees=lambda coming: stopping_rule(coming) is not None and len(managers(coming.host)) > 1,
)

"""A rule of the host's owner denies a port, and clients reach it: Docker's published ports do not meet that rule.

Users see: ``ufw deny 8151``, or a line of the saved rules, changes nothing; the port is open to the world.

Proof: a file that this host loads names the port and denies it to the client; the client's packet is walked, and is
delivered to the container all the same.  A default policy is no such rule.
Now: ``iptables -I DOCKER-USER -m conntrack --ctorigdstport PORT --ctdir ORIGINAL -j DROP``.
Lasting: the same rule where this host's firewall loads its rules, or the port published on one address alone
(``-p 127.0.0.1:PORT:80``).
"""

from hairpin.causes.cause import Cause
from hairpin.message import message

CAUSE = Cause(
    title=message("A published port passes the rule that denies it"),
    source="docs.docker.com, Packet filtering and firewalls; moby/moby#4737",
)

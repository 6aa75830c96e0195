"""A rule of the host's owner denies a port, and clients reach it: Docker's published ports do not meet that rule.

Users see: ``ufw deny 8151``, or a line of the saved rules, changes nothing; the port is open to the world.

Proof: a file that this host loads names the port and denies it to the client; the client's packet is walked, and is
delivered to the container all the same.  A default policy is no such rule.
Now: ``iptables -I DOCKER-USER -m conntrack --ctorigdstport PORT --ctdir ORIGINAL -j DROP``.
Lasting: the same rule where this host's firewall loads its rules, or the port published on one address alone
(``-p 127.0.0.1:PORT:80``).
"""

from hairpin.causes.cause import Cause, id_of
from hairpin.causes.exposure import Exposure, about_rule
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place

CAUSE = Cause(
    title=message("A published port passes the rule that denies it"),
    source="docs.docker.com, Packet filtering and firewalls; moby/moby#4737",
)


def exposure(file: str, port: int, line: Place) -> Exposure:
    """Return that clients reach the port which the line of the file denies them."""
    title = message("{file} line {line} denies port {port}, and clients reach it", file=file, line=line.line, port=port)
    detail = message(
        "A published port is forwarded to its container: the rules for the host's own ports do not meet it."
    )
    advice = message(
        "if it is meant to be closed: `iptables -I DOCKER-USER -m conntrack --ctorigdstport {port} --ctdir ORIGINAL "
        "-j DROP`, saved where this host's firewall loads its rules",
        port=port,
    )
    return Exposure(id_of(__name__), about_rule(line, title, detail), advice)

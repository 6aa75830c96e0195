"""After a reload of firewalld dockerd puts back the rules by which its ports are reached, and not all that keep others
away.

Users see: after ``firewall-cmd --reload`` a container reaches those of another network, and nothing looks broken.

Proof: the reload is carried out on the model of the host; the rule of the engine that stops the packet now is gone
then, and the packet is delivered.
Now: nothing is open yet; after a reload, ``systemctl restart docker``.
Lasting: a newer engine (28.3.3 in its line), or a rule of firewalld's own between the bridges.
"""

from hairpin.causes.cause import Cause, id_of
from hairpin.causes.exposure import Exposure, no_longer_kept_out
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place

CAUSE = Cause(
    title=message("A reload of firewalld takes the rules that keep the engine's networks apart"),
    source="moby libnetwork/drivers/bridge/setup_ip_tables.go; measured with Docker 20.10.24; CVE-2025-54388",
)


def exposure(event: str, place: Place, *, gone: bool) -> Exposure:
    """Return that the engine's rule at the place keeps nobody out after the event; ``gone``: it is not there then."""
    advice = message(
        "restart dockerd after each reload of firewalld, or keep the networks apart by a rule of firewalld's own"
    )
    return Exposure(id_of(__name__), no_longer_kept_out(event, place, gone=gone), advice)

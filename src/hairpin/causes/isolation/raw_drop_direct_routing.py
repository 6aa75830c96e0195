"""Docker 28 drops packets for a container's own address that do not come in by the container's bridge.

Users see: since the upgrade, machines that have a route to the containers' addresses time out.

Proof: a Docker rule in raw PREROUTING drops packets to the container's own address that come in by another interface
than its bridge.
Now: connect to the published port, or recreate the network with ``trusted_host_interfaces`` or the gateway mode
``routed``.
Lasting: set these options on the network, or set ``allow-direct-routing`` in daemon.json.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.change import Change


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the engine's rule.

    The candidate's change deletes the rule, only to prove the cause.  The repair is an option of the engine."""
    place = stopped_by(view, "raw-direct")
    if place is None:
        return
    said = message(
        "ask for the port that is published on this host's address. Or recreate the network with "
        "com.docker.network.bridge.trusted_host_interfaces={link}. Or set dockerd's option allow-direct-routing",
        link=view.stop.seen.iif,
    )
    yield Candidate(
        title=message("Docker drops packets sent directly to a container's address"),
        detail=message(
            "Since version 28 Docker protects container addresses in raw PREROUTING: {rule}", rule=place.text
        ),
        change=deletion(view, place),
        where=OfRule(place),
        in_class="dropping-rule",
        evidence=(place.evidence,),
        ways=(Way(Change(()), (said,), by_person=True),),
        offered=False,
    )


CAUSE = Cause(
    title=message("Docker drops direct access to container addresses"),
    source="moby: daemon/libnetwork/drivers/bridge (28.0)",
    shown_by=(
        "sudo iptables-save -t raw",
        message("PREROUTING of table raw drops packets for the container's address that do not come from its bridge"),
    ),
    on_purpose=True,
    reasons=RULE_STOPS,
)

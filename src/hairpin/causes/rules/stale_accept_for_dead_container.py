"""Rules of a container that is gone stand yet: they open a port of the container that gets its address next.

Users see: after a restart of containers, a port that nobody has published answers, with another container's service.

Proof: the event is carried out on the model of the host: another container gets the address to which a rule of Docker's
form leads, and a client that fails now is delivered by that rule; without the rule it is not.
Now: delete the rules: ``iptables -t nat -D DOCKER …``, and the one in ``filter`` beside it.
Lasting: find out what left them: a dockerd that was killed, or saved rules that hold Docker's own.  A restart of
dockerd without live-restore takes them away, too.
"""

from hairpin.causes.cause import Cause, id_of
from hairpin.causes.exposure import Exposure, about_rule
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place

CAUSE = Cause(
    title=message("Rules of a container that is gone open a port of the next one"),
    source="moby/moby#32048; containers/netavark#1121",
)


def exposure(event: str, container: str, target: str, place: Place) -> Exposure:
    """Return that the rule leads clients to the container after the event.  ``target``: what they ask for."""
    title = message(
        "after {event}: {target} leads to container {name}, which does not publish it",
        event=event, name=container, target=target,
    )  # fmt: skip
    detail = message(
        "{name} gets the address of a container that is gone, and a rule of that container is still there: "
        "{table} {chain}: {rule}",
        name=container, table=place.table, chain=place.chain, rule=place.text,
    )  # fmt: skip
    tool = "ip6tables" if place.family == "ip6" else "iptables"
    typed = f"{tool} -t {place.table} -D {place.text.removeprefix('-A ')}"
    advice = message("delete the rule, and find out what left it: `{command}`", command=typed)
    return Exposure(id_of(__name__), about_rule(place, title, detail), advice)

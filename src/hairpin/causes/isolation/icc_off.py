"""Containers of one network may not talk to each other (inter-container communication is off).

Users see: containers of one network cannot talk to each other, while published ports still answer.

Proof: a rule drops packets that leave by the bridge by which they came in, because the network was made with
inter-container communication off.
Now: connect both containers to another network (``docker network connect``).
Lasting: change the network's option ``enable_icc``, or ``icc`` in daemon.json.
"""

from hairpin.causes.isolation._walls import accepting_instead
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfWall, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.change import Change
from hairpin.host.boot.configured import Configured, of_icc


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the rule that drops packets from a bridge to the same bridge.

    If an option explains the rule, the candidate replaces the rule by an accepting rule, as a change of the option
    would do.  If no option explains the rule, the candidate deletes the rule.
    """
    place, link = stopped_by(view, "icc"), view.stop.seen.iif
    if place is None:
        return
    option = _option(view, link)
    yield Candidate(
        title=message("Containers on {link} may not talk to each other", link=link),
        detail=message(
            "The rule drops packets that go from the bridge back into the same bridge: {rule}", rule=place.text
        ),
        change=deletion(view, place) if option is None else accepting_instead(view, place),
        where=OfWall(place, link),
        in_class="separation",
        evidence=(place.evidence,),
        configured=option,
        ways=() if option is None else tuple(_ways(option)),
        offered=option is None,
    )


def _option(view: View, link: str) -> Configured | None:
    for engine in view.host.engines:
        for network in engine.networks:
            if network.bridge == link:
                return of_icc(engine, network, view.host)
    return None


def _ways(option: Configured) -> Iterator[Way]:
    common: Message = message(
        "put the two containers into a network of their own (docker network create NAME, docker network connect NAME "
        "CONTAINER): there they reach each other by name"
    )
    yield Way(Change(()), (common,))
    if option.writer == "engine-option":
        said = message(
            "remove {option} and restart dockerd: the default network changes only at a restart", option=option.option
        )
    else:
        said = message("recreate network {name} without {option}", name=option.owner, option=option.option)
    yield Way(Change(()), (said,), by_person=True)


CAUSE = Cause(
    title=message("Inter-container communication is off"),
    source="docs.docker.com: com.docker.network.bridge.enable_icc",
    shown_by=("docker network inspect bridge; sudo iptables-save", message("the option enable_icc is false")),
    on_purpose=True,
    reasons=RULE_STOPS,
)

"""Answers with real probes that a test chooses."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.judges.observation import (
    LiveObservation,
    MovedCounter,
    ProbeAttempt,
    SeenHop,
    TracedVerdict,
    TrackedConnections,
)
from hairpin.message import message
from tests.report.answers import Replacement, answer, network

HERE = network().this.netns
ALL = LiveObservation(
    "host",
    attempts=(
        *(ProbeAttempt("answered", float(each), 61000 + each) for each in range(1, 9)),
        ProbeAttempt("silent", sport=61009),
    ),
    hops=(SeenHop(HERE, "eth0", True, False, 9, "SYN"), SeenHop(HERE, "eth0", False, True, 8, "SYN-ACK")),
    ends=(SeenHop(HERE, "eth0", True, False, 1, "SYN"),),
    traced=(TracedVerdict(HERE, "inet", "f", "c", "drop", 1),),
    reasons=(("NETFILTER_DROP", 1),),
    moved=(MovedCounter(HERE, "inet f c drop", 1, "drop"), MovedCounter(HERE, "TcpRetransSegs", 2)),
    tracked=(TrackedConnections(HERE, 9, 8),),
    watched=(HERE,),
    missing=(message("the kernel's drop reasons"),),
)
GOOD = LiveObservation("host", attempts=(ProbeAttempt("answered", 1.0),) * 10, watched=(HERE,))
UNTRIED = LiveObservation("lan", why_not=message("it starts on another host than this one"))


def observed(*observations: LiveObservation, replacements: tuple[Replacement, ...] = ()) -> Answer:
    """Return the answer whose flows have these observations; the last one is that of the others, too."""
    whole = answer(*replacements)
    flows = tuple(
        msgspec.structs.replace(each, live=observations[min(number, len(observations) - 1)])
        for number, each in enumerate(whole.flows)
    )
    return msgspec.structs.replace(whole, flows=flows)

"""What is done to a host, and the truth about it."""

import msgspec

from hairpin.lab.plan import ContainerPlan
from hairpin.lab.topology import CLIENT, HOST
from tests.hunt.real.flows import INTERNET
from tests.score.all_flows import Way

PORT = "8151"
INBOUND = Way("client", HOST, PORT)
"""The asked flow of most cases: the client's to the published port of ``web``."""
OTHERS = (Way("client", HOST, "5432"), Way("client", HOST, "9100"))
"""What a decision about the host's containers keeps the client out of, beside the asked port."""
OUT = Way("container:web", INTERNET, "443")
"""The asked flow of what is about the way out."""
ASK_OUT = (f"{INTERNET}:443", "--from", "container:web")
OWN = Way("client", HOST, "80")
"""A service of the host's own."""
ASK_OWN = ("80", "--from", CLIENT)


class Draw(msgspec.Struct, frozen=True):
    """What an administrator, a tool or a mishap did to a host.

    ``said``: what it is.  ``commands``: what was typed in the host.  ``before``: what was typed when all still worked.
    ``ask``: hairpin's arguments.  ``flow``: the asked flow.  ``stays_out``: who must not get in by the way.
    ``named``: of a decision, words that name it; the answer has to have one.  ``undoes``: whether a repair would undo
    it, so that a remedy has to say so.  ``worked``: whether the asked flow passed before.  ``wall``: whether it is for
    everybody and each port, so that an exception for the asked flow alone, with a word about whose it is, may be made
    (ADR 0032).  ``containers``: what the host has in place of its usual ones.  ``keeps``: what the host's rules and
    dockerd's file still have to say after the repair.  ``rests``: whether the host is in order, since nobody asks for
    the flow by its name: the plain question ends with 0, and there is nothing to repair."""

    said: str
    commands: tuple[str, ...]
    ask: tuple[str, ...] = (PORT,)
    flow: Way = INBOUND
    before: tuple[str, ...] = ()
    stays_out: tuple[Way, ...] = ()
    named: tuple[str, ...] = ()
    undoes: bool = True
    worked: bool = True
    wall: bool = False
    containers: tuple[ContainerPlan, ...] = ()
    keeps: tuple[str, ...] = ()
    rests: bool = False

    def is_asked(self, way: Way) -> bool:
        """Return whether the flow was asked about: a port that was asked for from everywhere has several."""
        if "--from" in self.ask:
            return way == self.flow
        return not way.to.startswith("container:") and way.port == self.flow.port

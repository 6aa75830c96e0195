"""What a disagreement of the two judges leaves behind: a bug in hairpin, as values that can be reported."""

import msgspec

import hairpin
from hairpin.judges.agreement import Agreement
from hairpin.judges.judged import Judged
from hairpin.network.world import World
from hairpin.replica.judgement import Judgement
from hairpin.walk.trace import Trace


class Disagreement(msgspec.Struct, frozen=True):
    """What was asked and what each judge said.  ``changed``: in the network with the change that would repair the
    flow.  The snapshots belong to it."""

    hairpin: str
    kernel: str
    world: World
    trace: Trace
    judgement: Judgement
    agreement: Agreement
    changed: bool = False


def disagreement(each: Judged, world: World, release: str, *, changed: bool = False) -> Disagreement | None:
    """Return the disagreement about a flow; None where there is none, or nothing can be said.  ``release``: that of the
    kernel that has judged."""
    if each.agreement.agrees is not False:
        return None
    return Disagreement(
        hairpin.__version__, release, world, each.trace, each.judgement, each.agreement, changed=changed
    )

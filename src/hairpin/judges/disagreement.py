"""A disagreement of the two judges, as a value that can be reported: it is a bug in hairpin."""

import msgspec

import hairpin
from hairpin.judges.agreement import Agreement
from hairpin.judges.judged import Judged
from hairpin.network.world import World
from hairpin.replica.judgement import Judgement
from hairpin.walk.trace import Trace


class Disagreement(msgspec.Struct, frozen=True):
    """The question and both verdicts.  ``changed``: they are about the network with the repairing change.  A report
    needs the snapshots, too."""

    hairpin: str
    kernel: str
    world: World
    trace: Trace
    judgement: Judgement
    agreement: Agreement
    changed: bool = False


def disagreement(each: Judged, world: World, release: str, *, changed: bool = False) -> Disagreement | None:
    """Return the disagreement about a flow; None if the judges agree, or if that is undecided.  ``release``: of the
    judging kernel."""
    if each.agreement.agrees is not False:
        return None
    return Disagreement(
        hairpin.__version__, release, world, each.trace, each.judgement, each.agreement, changed=changed
    )

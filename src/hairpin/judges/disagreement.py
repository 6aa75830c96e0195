"""A disagreement of the two judges, as a value that a user can report.  Each disagreement is a bug in hairpin."""

import msgspec

import hairpin
from hairpin.judges.agreement import Agreement
from hairpin.judges.judged import Judged
from hairpin.network.world import World
from hairpin.replica.judgement import Judgement
from hairpin.walk.trace import Trace


class Disagreement(msgspec.Struct, frozen=True):
    """The question, and the verdicts of both judges.  ``changed``: whether the verdicts are about the network after the
    repairing change.  A report to the developers needs the snapshots, too."""

    hairpin: str
    kernel: str
    world: World
    trace: Trace
    judgement: Judgement
    agreement: Agreement
    changed: bool = False


def disagreement(each: Judged, world: World, release: str, *, changed: bool = False) -> Disagreement | None:
    """Return the disagreement about a flow; None if the judges agree, or if it is undecided whether they agree.
    ``release``: the release of the judging kernel."""
    if each.agreement.agrees is not False:
        return None
    return Disagreement(
        hairpin.__version__, release, world, each.trace, each.judgement, each.agreement, changed=changed
    )

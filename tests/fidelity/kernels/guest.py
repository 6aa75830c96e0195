"""``python -m tests.fidelity.kernels.guest FOLDER SEED FLOWS TUNNELS [every]`` (in the guest): asks its kernel.

Only the kernel's side of the hunt runs emulated: each case with the kernel's answer goes into FOLDER, and is judged
outside, where the walk is twenty times faster.  Every TUNNELS-th network has a tunnel.  A file ``enough`` there ends
it: its numbers are cases to be shrunk.
"""

import os
import sys
from itertools import count
from pathlib import Path

from tests.fidelity.case import Case
from tests.fidelity.generate.case import case_of, has_tunnel
from tests.fidelity.kernels.exchange import Asked, kept, write
from tests.fidelity.regressions import Regression, events_of, keep
from tests.fidelity.testbed.ask import ask
from tests.fidelity.testbed.capabilities import shows_by_vrf
from tests.fidelity.testbed.netns import SetupError

_SHRINKING_S = 300.0
"""The time for shrinking: emulated, each try takes seconds."""


def _ask(case: Case) -> Asked:
    try:
        return Asked(case, ask(case))
    except SetupError as error:
        return Asked(case, str(error))


def _is_modelled(case: Case) -> bool:
    """Return whether the model knows this kernel's VRFs, or the case has none."""
    return shows_by_vrf() or all(" type vrf " not in line for each in case.namespaces for line in each.setup)


def _shrink(folder: Path, number: int, case: Case) -> None:
    """Print the smallest case that still disagrees, and write it in the form of tests/fidelity/regressions/guests."""
    # Only a guest that shrinks compares cases itself; importing the walk takes it a while.
    from tests.fidelity.judge.compare import compare  # noqa: PLC0415
    from tests.fidelity.judge.shrink import shrink  # noqa: PLC0415
    from tests.fidelity.judge.text import case_text, disagreement_text  # noqa: PLC0415

    small = shrink(case, _SHRINKING_S)
    answer = ask(small)
    told = [disagreement_text(each) for each in compare(answer).disagreements[:1]]
    events = events_of(answer, any_port=False)
    keep(f"{number}", Regression("".join(told), os.uname().release, small, events), folder / "shrunk")
    sys.stdout.write("\n".join((f"shrunk case {number}", *case_text(small), *told)) + "\n")
    sys.stdout.flush()


def main(path: str, seed: str, flows: str, tunnels: str, kept_ones: str = "guests") -> None:
    """Ask cases until the file ``enough`` is there; first the kept ones (``guests`` or ``every``)."""
    folder = Path(path)

    def fresh(number: int) -> Case:
        return case_of(number, int(flows), tunnels=has_tunnel(number, int(tunnels)))

    for name, case in kept(every=kept_ones == "every").items():
        write(folder, name, _ask(case) if _is_modelled(case) else Asked(case, "VRFs are not modelled as they are here"))
    for number in count(int(seed)):
        if (folder / "enough").exists():
            break
        write(folder, f"{number}", _ask(fresh(number)))
    for word in (folder / "enough").read_text("ascii").split():
        _shrink(folder, int(word), fresh(int(word)))


if __name__ == "__main__":
    main(*sys.argv[1:])

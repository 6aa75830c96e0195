"""``python -m tests.fidelity.kernels.asking FOLDER SEED FLOWS`` (in the guest): asks its kernel, case after case.

Only the kernel's side of the hunt runs emulated: each case with the kernel's answer goes into FOLDER, and is judged
outside, where the walk is twenty times faster.  A file ``enough`` there ends it: its numbers are cases to be shrunk.
"""

import sys
from itertools import count
from pathlib import Path

import msgspec

from tests.fidelity.generate.case import case_of
from tests.fidelity.kernel import ask
from tests.fidelity.kernels.exchange import Asked, write
from tests.fidelity.netns import SetupError

_SHRINKING_S = 300.0
"""Emulated, each try takes seconds: what has not become smaller until then stays."""


def _ask(number: int, flows: int) -> Asked:
    case = case_of(number, flows)
    try:
        return Asked(case, ask(case))
    except SetupError as error:
        return Asked(case, str(error))


def _shrink(folder: Path, number: int, flows: int) -> None:
    """Write the smallest case that still disagrees, and show it."""
    # Only a guest that has to shrink judges cases itself; loading the walk takes it a while.
    from tests.fidelity.judge import judge  # noqa: PLC0415
    from tests.fidelity.shrink import shrink  # noqa: PLC0415
    from tests.fidelity.tell import case_text, disagreement_text  # noqa: PLC0415

    small = shrink(case_of(number, flows), _SHRINKING_S)
    (folder / f"{number}.json").write_bytes(msgspec.json.format(msgspec.json.encode(small)) + b"\n")
    told = [disagreement_text(each) for each in judge(small).disagreements[:1]]
    sys.stdout.write("\n".join((f"shrunk case {number}", *case_text(small), *told)) + "\n")
    sys.stdout.flush()


def main(path: str, seed: str, flows: str) -> None:
    """Ask until it is enough."""
    folder = Path(path)
    for number in count(int(seed)):
        if (folder / "enough").exists():
            break
        write(folder, number, _ask(number, int(flows)))
    for word in (folder / "enough").read_text("ascii").split():
        _shrink(folder, int(word), int(flows))


if __name__ == "__main__":
    main(*sys.argv[1:])

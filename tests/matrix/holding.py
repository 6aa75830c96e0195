"""Opens a lab's connections before an event, and asks on them after it."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from hairpin.lab.build import Lab, split_destination
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT
from tests.hunt.real.flows import Boxes, node_of, target
from tests.matrix import held
from tests.score.all_flows import Way

_ENDS_S = 30.0


class Holding:
    """The connections of these flows, which are open from here on."""

    def __init__(self, lab: Lab, wanted: Iterable[Way], known: Boxes) -> None:
        by_start: dict[str, list[Way]] = {}
        for way in wanted:
            by_start.setdefault(way.start, []).append(way)
        self._of_start = by_start
        self._asking: dict[str, subprocess.Popen[str]] = {}
        for start, ways in by_start.items():
            node = node_of(lab, start, known)
            process = subprocess.Popen(
                (*DIE_WITH_PARENT, *node.enter, "python3", "-I", "-S", str(Path(held.__file__))),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, pass_fds=node.lifeline,
            )  # fmt: skip
            requests: list[tuple[str, int, int, str]] = []
            for way in ways:
                address, port, _ = split_destination(target(way, known))
                requests.append((address, port, lab.source_port(), way.source))
            _pipe(process.stdin).write(json.dumps(requests) + "\n")
            _pipe(process.stdin).flush()
            _pipe(process.stdout).readline()
            self._asking[start] = process

    def asked(self) -> Mapping[Way, bool]:
        """Ask on each connection; return which of them brought a whole answer."""
        found: dict[Way, bool] = {}
        for start, process in self._asking.items():
            said, _ = process.communicate("go\n", timeout=_ENDS_S)
            found |= dict(zip(self._of_start[start], json.loads(said), strict=True))
        return found

    def close(self) -> None:
        """End the processes."""
        for process in self._asking.values():
            process.kill()


def _pipe(pipe: "IO[str] | None") -> IO[str]:
    assert pipe is not None
    return pipe

"""A kernel's words about the packets of a recorded host, kept in a file, so that a page can quote them without root.

``Recorder`` asks a running kernel (root) and writes down what it says; ``read_kernel`` gives the same words again.
``tests/kernel/test_quoted.py`` asks the running kernel anew and compares.
"""

from pathlib import Path
from typing import Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.replica.judgement import Case, Hit, Judgement, Kernel, Outcome, Place, Verdict


class NotRecordedError(Exception):
    """The kernel was never asked about this flow, or had no full answer."""


class Said(msgspec.Struct, frozen=True):
    """What the kernel did with one flow.  ``changed``: with the change that repairs it.  ``place`` has no counters and
    no words of the kernel, which differ from run to run."""

    start: str
    target: str
    changed: bool
    verdict: Verdict | Literal["depends"]
    place: Place | None = None


class Recording(msgspec.Struct, frozen=True):
    """All that a kernel said about a question.  ``release``: ``uname -r``."""

    release: str
    said: tuple[Said, ...]


class RecordedKernel(Kernel):
    """The second judge from a recording: see ``Kernel``."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._verdicts = {(each.start, each.target, each.changed): each for each in recording.said}

    @property
    def release(self) -> str:
        """``uname -r`` of the kernel that was asked."""
        return self._recording.release

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each case; raises NotRecordedError."""
        return tuple(
            Outcome(
                tuple(self._judgement(flow, changed=False) for flow in case.flows),
                tuple(self._judgement(flow, changed=True) for flow in case.flows) if case.change is not None else (),
            )
            for case in cases
        )

    def _judgement(self, flow: Flow, *, changed: bool) -> Judgement:
        start, target = flow.start_text(with_host=True), flow.target_text()
        said = self._verdicts.get((start, target, changed))
        if said is None:
            raise NotRecordedError(f"no kernel was asked about {start} to {target}: renew with --replay, as root")
        return Judgement(flow, said.verdict, said.place)


class Recorder(Kernel):
    """Another judge, whose words are written into a file."""

    def __init__(self, kernel: Kernel, path: Path) -> None:
        self._kernel = kernel
        self._path = path

    @property
    def release(self) -> str:
        """``uname -r``."""
        return self._kernel.release

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return the other judge's outcomes and write the file; raises NotRecordedError if a replica was not whole."""
        outcomes = self._kernel.judge(cases)
        recording = Recording(self.release, tuple(said for each in outcomes for said in _said(each)))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(msgspec.json.format(msgspec.json.encode(recording), indent=1) + b"\n")
        return outcomes


def _said(outcome: Outcome) -> tuple[Said, ...]:
    if outcome.error is not None:
        raise NotRecordedError(f"no replica could be built: {outcome.error}")
    return tuple(
        _one(each, changed=changed)
        for judgements, changed in ((outcome.before, False), (outcome.after, True))
        for each in judgements
    )


def _one(judgement: Judgement, *, changed: bool) -> Said:
    flow = judgement.flow
    if judgement.left_out:
        raise NotRecordedError(f"not rebuilt: {judgement.left_out[0]}")
    place = judgement.place
    if place is not None:
        place = Place(place.netns, place.link, place.out, tuple(map(_uncounted, place.rules)))
    return Said(flow.start_text(with_host=True), flow.target_text(), changed, judgement.verdict, place)


def _uncounted(hit: Hit) -> Hit:
    return msgspec.structs.replace(hit, packets=0)


def read_kernel(path: Path) -> RecordedKernel:
    """Return the kernel whose words the file holds; raises NotRecordedError if there is no such file."""
    if not path.is_file():
        raise NotRecordedError(f"there is no {path.name}: make it with --replay, as root")
    return RecordedKernel(msgspec.json.decode(path.read_bytes(), type=Recording))

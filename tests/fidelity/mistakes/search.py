"""How many packets the hunt compares until it finds a planted mistake."""

from collections.abc import Iterator
from pathlib import Path

from tests.fidelity.generate.case import case_of
from tests.fidelity.judge.compare import Disagreement, compare
from tests.fidelity.mistakes.catalogue import Mistake
from tests.fidelity.mistakes.planted import planted, write
from tests.fidelity.testbed.ask import ask
from tests.fidelity.testbed.netns import SetupError

MOST_PAIRS = 20_000
"""A mistake that is not found in so many packets counts as missed."""


class Search:
    """The kernel's answers to the cases from a seed on, each asked once and kept in the folder; each mistake is
    looked for in all of them.
    """

    def __init__(self, seed: int, folder: Path) -> None:
        self._numbers = iter(range(seed, seed + MOST_PAIRS))
        self._folder = folder
        self._asked: list[tuple[int, Path]] = []
        self.disagreements: dict[int, Disagreement] = {}
        """By seed: cases on which the unchanged walk disagrees with the kernel; no mistake counts as found there."""

    def _answers(self) -> Iterator[tuple[int, Path]]:
        yield from self._asked
        for number in self._numbers:
            try:
                answer = ask(case_of(number))
                differs = compare(answer).disagreements
            except SetupError:
                continue
            path = self._folder / f"{number}.answer"
            write(answer, path)
            self._asked.append((number, path))
            if differs:
                self.disagreements[number] = differs[0]
            yield number, path

    def pairs_until_found(self, mistake: Mistake) -> int | None:
        """Return how many packets a run that finds the mistake has compared; None when that would be too many."""
        pairs = 0
        with planted(mistake) as judging:
            for number, path in self._answers():
                packets, differs = judging.judge(path)
                pairs += packets
                if pairs > MOST_PAIRS:
                    break
                if differs and number not in self.disagreements:
                    return pairs
        return None

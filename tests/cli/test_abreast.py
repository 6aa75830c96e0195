"""Tasks are done by several processes, and their results come in order."""

import os
from functools import partial

import pytest

from hairpin.cli.abreast import abreast


def task(number: int) -> tuple[int, int]:
    return number, os.getpid()


@pytest.mark.parametrize("processors", (1, 2, 3))
def test_the_results_come_in_order(processors: int) -> None:
    done = abreast([partial(task, number) for number in range(40)], processors)
    assert [number for number, _ in done] == list(range(40))
    assert 1 <= len({pid for _, pid in done}) <= processors


def test_an_error_is_raised_here() -> None:
    def failing() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        abreast([failing] * 10, 2)


def test_what_a_killed_process_had_is_done_here() -> None:
    own = os.getpid()

    def ended() -> int:
        if os.getpid() != own:
            os._exit(9)
        return 1

    assert abreast([ended] * 10, 2) == [1] * 10

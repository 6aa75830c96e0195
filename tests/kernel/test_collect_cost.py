"""How many processes the collector starts on a host with ten containers: that is what it costs the host, and unlike its
time it is the same on every machine."""

from collections.abc import Iterator

import pytest

from hairpin.collect.run import script
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan

# In a PID namespace of its own a host numbers its processes one after the other.
COUNT = (
    'first=$(sh -c "echo \\$\\$"); sh -s -- "$@" >/dev/null; last=$(sh -c "echo \\$\\$"); echo $((last - first - 2))'
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running_lab(LabPlan(fillers=9)) as lab:
        yield lab


def started(lab: Lab, *arguments: str) -> int:
    """Return the number of processes, the first shell among them.  Those count, too, by which dockerd finds out the
    versions of runc and others when it is asked for its own, and its new threads: of three runs, the one with the
    fewest."""
    argv = ("sh", "-c", COUNT, "sh", *arguments)
    return min(int(lab.host.run(argv, stdin=script().decode())) for _ in range(3))


@pytest.mark.parametrize(
    ("arguments", "at_most"),
    ((("--only", "port=8151"), 90), ((), 162), (("--traces", "all"), 70)),
    ids=("one port", "all of the host", "traces"),
)
def test_few_processes_are_started(lab: Lab, arguments: tuple[str, ...], at_most: int) -> None:
    """A few more than there were when this was written, for hosts with other tools."""
    assert started(lab, *arguments) <= at_most

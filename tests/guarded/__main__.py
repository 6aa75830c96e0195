"""``python -m tests.guarded`` (root).

The exit status is 1 if a change was missed, or if somebody is named who did not make it.
"""

import sys
from collections.abc import Iterator, Sequence

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.guarded.inside import Many, Seen
from tests.guarded.kinds import KINDS
from tests.machine.command import command
from tests.machine.run import ended, tell
from tests.own_ssh.variants import in_python
from tests.watched.heard import in_first_processes

PLAN = LabPlan(firewall="firewalld", podman="netavark", containers=(ContainerPlan("web", publish=("8151:80",)),))
Result = Seen | Many


def main() -> int:
    """Make the changes; return the exit status."""
    parser = command("tests.guarded", "Who changed what, as a guard tells it.", cases=1000, seed="fresh", results=True)
    parser.add_argument("--few", action="store_true", help="without cron's minute and the bursts of many changes")
    arguments = parser.parse_args()
    found = run(arguments.cases, arguments.seed, "few" if arguments.few else "many")
    return tell(found, _lines, is_wrong, table=_table, seed=arguments.seed, file=arguments.results)


def run(count: int, seed: int, how: str) -> Iterator[Result]:
    """Yield what is told of each change, on a lab host of which the guard's sources see all processes."""
    with running_lab(PLAN) as lab:
        argv = in_python("tests.guarded.inside", _image(lab), str(count), str(seed), how)
        with in_first_processes(lab, *argv) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield msgspec.json.decode(line, type=Result)
        if process.returncode:
            yield Seen("the run itself", 0, "", said=f"ended with status {process.returncode}")


def _image(lab: Lab) -> str:
    return lab.host.run(("docker", "inspect", "--format", "{{.Config.Image}}", "web")).strip()


def is_wrong(result: Result) -> bool:
    """Return whether something was missed, or somebody else was named."""
    if isinstance(result, Many):
        return result.told < result.made or bool(result.lost)
    return result.named in ("", "wrong")


def _lines(result: Result) -> Iterator[str]:
    if isinstance(result, Many):
        yield f"{result.what}: {result.told} of {result.made} told, {result.lost} lost, {result.mib:.1f} MiB more"
    elif result.named not in ("right", "unknown", "name"):
        yield f"{result.kind} {result.number}: {result.named or 'missed'} {result.said}"


def _table(results: Sequence[Result]) -> Iterator[str]:
    every = [each for each in results if isinstance(each, Seen)]
    yield f"{'kind':<18} {'made':>5} {'right':>6} {'name':>5} {'unknown':>8} {'wrong':>6} {'missed':>7} {'failed':>7}"
    for name in (*(each.name for each in KINDS), "all"):
        some = [each for each in every if name in (each.kind, "all")]
        counts = [sum(each.named == word for each in some) for word in ("right", "name", "unknown", "wrong", "")]
        failed = sum(each.named == "failed" for each in some)
        right, only, unknown, wrong, missed = counts
        yield f"{name:<18} {len(some):>5} {right:>6} {only:>5} {unknown:>8} {wrong:>6} {missed:>7} {failed:>7}"
    seen = [each for each in every if each.named in ("right", "name", "unknown", "wrong") and each.kind != "cron"]
    yield _times("from the change to the event", [each.event_ms for each in seen if each.event_ms is not None])
    yield _times("from the program's end to the event", [each.late_ms for each in seen])
    yield _times("from the burst's last change until it is told", [each.told_ms for each in seen])


def _times(what: str, found: list[float]) -> str:
    if not found:
        return f"{what}: none"
    found = sorted(found)
    p50, p99 = (found[min(len(found) - 1, int(share * len(found)))] for share in (0.5, 0.99))
    return f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, at most {found[-1]:.1f} ms ({len(found)})"


if __name__ == "__main__":
    sys.exit(ended(main))

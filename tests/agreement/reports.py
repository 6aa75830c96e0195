"""Compares the answers about a real sos report of a lab host with those about its snapshot.

``python -m tests.agreement.reports`` (root) builds lab hosts of the scenarios, drawn by the seed, and takes of each a
snapshot and a report of Debian's package ``sosreport``.  The law of ``law.py`` holds.

The package need not be installed: ``SOS`` names the folder into which ``dpkg -x`` has unpacked it.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hairpin.answer.ask import ask
from hairpin.collect.by_hand import evidence_in
from hairpin.errors import HairpinError, LabError
from hairpin.evidence.reading import Evidence
from hairpin.lab.node import Node
from hairpin.lab.run import HAIRPIN, environment
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import break_host, probe_after, running_scenario
from hairpin.network.world import World
from hairpin.pasted.bundle.read import evidence_in_bundle
from hairpin.question.question import Question, parse_question
from tests.agreement.law import Row, compared_answers, drawn_scenarios, is_broken, summary
from tests.machine.command import command
from tests.machine.run import tell

_PLUGINS = (
    "networking", "firewall_tables", "docker", "podman", "firewalld", "ufw", "conntrack", "kernel", "process", "host",
)  # fmt: skip
"""Those that tell about a network; a report of all takes minutes."""
_TIMEOUT_S = 300.0


class Report(msgspec.Struct, frozen=True):
    """What was taken from one host.  ``asked``: target, ``--from`` and size of each flow.  ``archive``: the report."""

    name: str
    asked: tuple[tuple[str, str, int], ...]
    snapshot: bytes
    archive: bytes


def report_of(scenario: Scenario) -> Report:
    """Build the scenario's lab, break it, and return its snapshot and its report."""
    with running_scenario(scenario) as lab:
        break_host(lab, scenario)
        probe_after(lab, scenario)
        snapshot = _output(lab.host, HAIRPIN)
        archive = _sos(lab.host)
    asked = tuple((each.target or each.to, each.origin(), each.padding_bytes) for each in scenario.flows)
    return Report(scenario.name, asked, snapshot, archive)


def _output(host: Node, hairpin: tuple[str, ...]) -> bytes:
    command = (*host.enter, *hairpin, "snapshot", "-o", "-")
    return subprocess.run(command, capture_output=True, env=environment(), check=True, timeout=_TIMEOUT_S).stdout


def _sos(host: Node) -> bytes:
    """Return the archive that ``sos report`` makes in the host."""
    folder = os.environ.get("SOS", "/")
    packages = Path(folder, "usr/lib/python3/dist-packages")
    if not (packages / "sos").is_dir():
        raise FileNotFoundError(f"{packages}/sos: sosreport is not there")
    sos = f"PYTHONPATH={packages} /usr/bin/python3 {folder}/usr/bin/sos report --batch --tmp-dir /run/sos"
    # A plug-in that does not fit the host is none that `-o` may name.
    script = (
        "rm -rf /run/sos; mkdir -p /run/sos; cd /; "
        f"there=$({sos} -l 2>&1 | awk '/disabled:/ {{exit}} /^ [a-z]/ {{print $1}}'); "
        f'for each in {" ".join(_PLUGINS)}; do echo "$there" | grep -qx $each && chosen=$chosen,$each; done; '
        f"{sos} -o ${{chosen#,}} -z gzip >&2 && cat /run/sos/*.tar.gz"
    )
    done = subprocess.run((*host.enter, "sh", "-c", script), capture_output=True, check=False, timeout=_TIMEOUT_S)
    if not done.stdout:
        raise OSError(f"sos report: {done.stderr[-500:].decode('utf-8', 'replace')}")
    return done.stdout


def rows_of(report: Report) -> Iterator[Row]:
    """Yield the rows of the report."""
    snapshot = evidence_in(BytesIO(report.snapshot), source=report.name)

    with TemporaryDirectory() as folder:
        path = Path(folder, "report.tar.gz")
        path.write_bytes(report.archive)
        told = evidence_in_bundle(str(path))
    for target, origin, padding in report.asked:
        question = parse_question("check", (target,), origin, (), World(), padding or None)
        yield from _named(report, question, snapshot, told)
    yield from _named(report, Question(), snapshot, told)


def _named(report: Report, question: Question, snapshot: Evidence, told: Evidence) -> Iterator[Row]:
    try:
        truth = ask(question, (snapshot,), depth="causes")
    except HairpinError:
        return
    for row in compared_answers(question, truth, lambda: told):
        yield row._replace(host=report.name, text="report")


def main() -> int:
    """Print each row, and the sums; return 1 if the law is broken once."""
    about = "Compare answers about sos reports of lab hosts with those about snapshots."
    parser = command("tests.agreement.reports", about, cases=12, seed=1)
    parser.add_argument("--healthy", action="store_true", help="of healthy hosts only")
    parser.add_argument("--keep", type=Path, default=None, help="folder that keeps the reports for the next run")
    given = parser.parse_args()
    chosen = [
        each for each in drawn_scenarios(None, given.seed) if not given.healthy or each.name.startswith("healthy")
    ]
    random.Random(given.seed).shuffle(chosen)  # noqa: S311
    found = map(partial(_rows, keep=given.keep), chosen[: given.cases])
    return tell(found, _lines, is_broken, table=summary, seed=given.seed)


def _rows(scenario: Scenario, keep: Path | None) -> tuple[Row, ...]:
    try:
        return tuple(rows_of(_kept(scenario, keep / f"{scenario.name}.msgpack" if keep is not None else None)))
    except (LabError, OSError, subprocess.SubprocessError) as error:
        return (Row(scenario.name, "", "", "lab", rests=(str(error),)),)


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    for each in rows:
        yield f"{each.word:7} {each.host} | {each.flow} | {each.wrong or ', '.join(each.rests[:3])}"


def _kept(scenario: Scenario, path: Path | None) -> Report:
    """Return the report of the scenario's host: the kept one, or a new one."""
    if path is not None and path.exists():
        return msgspec.msgpack.decode(path.read_bytes(), type=Report)
    report = report_of(scenario)
    if path is not None:
        path.write_bytes(msgspec.msgpack.encode(report))
    return report


if __name__ == "__main__":
    sys.exit(main())

"""Compares the answers about a real sos report of a lab host with those about its snapshot.

``python -m tests.agreement.reports N [SEED] [FOLDER]`` (root) builds N lab hosts of the scenarios, drawn by the seed,
and takes of each a snapshot and a report of Debian's package ``sosreport``.  ``healthy`` behind them draws healthy
hosts only.  The law of ``law.py`` holds.  FOLDER keeps the reports for the next run.

The package need not be installed: ``SOS`` names the folder into which ``dpkg -x`` has unpacked it.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hairpin.answer.ask import ask
from hairpin.collect.by_hand import evidence_in
from hairpin.errors import HairpinError, LabError
from hairpin.evidence.reading import Evidence
from hairpin.lab.node import Node
from hairpin.lab.scenario import Scenario
from hairpin.lab.this_hairpin import HAIRPIN, environment
from hairpin.lab.trial import break_host, probe_after, running_scenario
from hairpin.network.world import World
from hairpin.pasted.bundle.host import evidence_in_bundle
from hairpin.question.question import Question, parse_question
from tests.agreement.law import Row, compared_answers, drawn_scenarios, summary

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


def main(count: int, seed: int, keep: Path | None, *, healthy: bool) -> int:
    """Print each broken law, and the sums; return the number of broken laws."""
    chosen = [each for each in drawn_scenarios(None, seed) if not healthy or each.name.startswith("healthy")]
    random.Random(seed).shuffle(chosen)  # noqa: S311
    rows: list[Row] = []
    for scenario in chosen[:count]:
        path = keep / f"{scenario.name}.msgpack" if keep is not None else None
        try:
            report = _kept(scenario, path)
        except (LabError, OSError, subprocess.SubprocessError) as error:
            sys.stdout.write(f"lab    {scenario.name} | {error}\n")
            continue
        found = list(rows_of(report))
        rows += found
        for each in found:
            sys.stdout.write(f"{each.word:7} {each.host} | {each.flow} | {each.wrong or ', '.join(each.rests[:3])}\n")
        sys.stdout.flush()
    summary(rows)
    return sum(bool(each.wrong) for each in rows)


def _kept(scenario: Scenario, path: Path | None) -> Report:
    """Return the report of the scenario's host: the kept one, or a new one."""
    if path is not None and path.exists():
        return msgspec.msgpack.decode(path.read_bytes(), type=Report)
    report = report_of(scenario)
    if path is not None:
        path.write_bytes(msgspec.msgpack.encode(report))
    return report


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    folders = [Path(each) for each in sys.argv[1:] if not each.isdigit() and each != "healthy"]
    failures = main(
        numbers[0] if numbers else 12,
        numbers[1] if numbers[1:] else 1,
        folders[0] if folders else None,
        healthy="healthy" in sys.argv,
    )
    sys.exit(bool(failures))

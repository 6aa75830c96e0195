"""Records networks of several hosts for the tests: builds each lab, breaks it, and snapshots all of its hosts.

    python -m tools.record_networks [NAME…]      (root; a few seconds each)

Reads ``src/hairpin/lab/scenarios/hosts/``. Writes ``tests/fixtures/networks/NAME/HOST.hairpin``, and beside them, as
``outside.toml``, what the scenario states for ``--outside``. ``expected.json`` gets what the real connections did
at that moment, and the scenario's causes and repair.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hairpin.lab.build import Lab
from hairpin.lab.node import Node
from hairpin.lab.scenario import Flow, Scenario, scenarios_of_several_hosts
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "fixtures" / "networks"
PARALLEL = 2
# lsns fails where a process ends while it looks: then all is read again.
SNAPSHOT = """
import sys
from pathlib import Path

from hairpin.collect.snapshot import save, take

for _ in range(5):
    evidence = take()
    if all(reading.outcome in ("text", "absent") for reading in evidence.readings):
        break
save(evidence, Path(sys.argv[1]))
"""


def record(scenario: Scenario) -> dict[str, object]:
    """Write the snapshots of the scenario's hosts; return its entry of ``expected.json``."""
    folder = FOLDER / scenario.name
    folder.mkdir(parents=True, exist_ok=True)
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        outcomes = probe_after(lab, scenario)
        require_truth(scenario, "after", outcomes)
        snapshot_hosts(lab, folder)
    if scenario.outside:
        (folder / "outside.toml").write_text(scenario.outside, "utf-8")
    return {
        "title": scenario.title,
        "hosts": [host.name for host in scenario.lab.hosts],
        "causes": scenario.causes,
        "repair": [{"at": repair.at, "run": repair.run} for repair in scenario.repair],
        "flows": [asked(flow, outcome.value) for flow, outcome in zip(scenario.flows, outcomes, strict=True)],
    }


def snapshot_hosts(lab: Lab, folder: Path) -> None:
    """Take all hosts' snapshots at once."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: snapshot(host, folder / f"{host.name}.hairpin"), lab.hosts))


def snapshot(host: Node, path: Path) -> None:
    host.run(("env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-c", SNAPSHOT, str(path)))
    path.chmod(0o644)


def asked(flow: Flow, real: str) -> dict[str, object]:
    """Return a flow in the words of the contract, with what the real connection did."""
    return {
        "from": flow.origin(),
        "to": flow.to,
        "target": flow.target or flow.to,
        "padding_bytes": flow.padding_bytes,
        "real": real,
    }


def main() -> None:
    """Record the named scenarios, or all."""
    if os.geteuid() != 0:
        sys.exit("recording hosts needs root: it builds network namespaces")
    path = FOLDER / "expected.json"
    expected = json.loads(path.read_text("utf-8")) if path.exists() else {}
    chosen = [each for each in scenarios_of_several_hosts() if not sys.argv[1:] or each.name in sys.argv[1:]]
    with ThreadPoolExecutor(PARALLEL) as pool:
        for scenario, entry in zip(chosen, pool.map(record, chosen), strict=True):
            expected[scenario.name] = entry
            print(scenario.name)
    path.write_text(json.dumps(dict(sorted(expected.items())), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

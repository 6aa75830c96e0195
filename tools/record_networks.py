"""Records networks of several hosts for the tests: builds each lab, breaks it, and snapshots all of its hosts.

    python -m tools.record_networks [NAME…]      (root; a few seconds each)

Reads ``src/hairpin/lab/scenarios/hosts/``. Writes ``tests/fixtures/networks/NAME/HOST.hairpin``, and beside them
``outside.toml``, the scenario's file for ``--outside``. ``expected.json`` gets the outcomes of real connections at that
moment, and the scenario's causes and repair.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from hairpin.collect.run import LocalRunner, collect
from hairpin.collect.snapshot import save
from hairpin.lab.node import ENVIRONMENT, Node
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, scenarios_of_several_hosts
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario
from tests.acceptance.recorded_networks import FOLDER, Asked, RecordedNetwork, Repair, expected

ROOT = Path(__file__).resolve().parent.parent
PARALLEL = 2


def record(scenario: Scenario) -> RecordedNetwork:
    """Write the snapshots of the scenario's hosts; return its entry of ``expected.json``."""
    folder = FOLDER / scenario.name
    folder.mkdir(parents=True, exist_ok=True)
    with running_scenario(scenario) as lab:
        require_truth(scenario, "before", probe_before(lab, scenario))
        break_host(lab, scenario)
        outcomes = probe_after(lab, scenario)
        require_truth(scenario, "after", outcomes)
        with ThreadPoolExecutor() as pool:
            list(pool.map(snapshot, lab.hosts, [folder / f"{host.name}.hairpin" for host in lab.hosts]))
    if scenario.outside:
        (folder / "outside.toml").write_text(scenario.outside, "utf-8")
    return RecordedNetwork(
        title=scenario.title,
        hosts=tuple(host.name for host in scenario.lab.hosts),
        causes=scenario.causes,
        repair=tuple(Repair(repair.at, repair.run) for repair in scenario.repair),
        flows=tuple(asked(flow, outcome) for flow, outcome in zip(scenario.flows, outcomes, strict=True)),
    )


def snapshot(host: Node, path: Path) -> None:
    """Read the host from here: what is written inside of it may stay there."""
    save(collect(LocalRunner((*host.enter, "sh"), tuple(ENVIRONMENT.items()))), path)
    path.chmod(0o644)


def asked(flow: Flow, outcome: Outcome) -> Asked:
    """Return a flow in the words of the command line, with the outcome of the real connection."""
    return Asked(flow.origin(), flow.to, flow.arguments()[0], flow.padding_bytes, outcome.value)


def main() -> None:
    """Record the named scenarios, or all."""
    if os.geteuid() != 0:
        sys.exit("recording hosts needs root: it builds network namespaces")
    recorded = dict(expected())
    chosen = [each for each in scenarios_of_several_hosts() if not sys.argv[1:] or each.name in sys.argv[1:]]
    with ThreadPoolExecutor(PARALLEL) as pool:
        for scenario, entry in zip(chosen, pool.map(record, chosen), strict=True):
            recorded[scenario.name] = entry
            print(scenario.name)
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(recorded.items()))), indent=2)
    (FOLDER / "expected.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    main()

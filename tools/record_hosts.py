"""Records broken hosts for the tests: builds each in the lab, breaks it, snapshots it, and makes real connections.

    python -m tools.record_hosts [NAME…]      (root; a few seconds a host)

Reads ``tests/fixtures/hosts/hosts.toml``.  Writes ``NAME.hairpin`` beside it, and the connections' outcomes into
``expected.json``.  A person writes the causes there: those of a flow that is there already are kept, those of a new
flow are empty.
"""

import json
import os
import sys
import time
import tomllib
from pathlib import Path

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import running_scenario

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "fixtures" / "hosts"
PUBLISHED = "198.51.100.11:8151"
PROBES = (
    ("client", PUBLISHED),
    ("neighbour", PUBLISHED),
    ("host", "127.0.0.1:8151"),
    ("host", PUBLISHED),
    ("container:sibling", PUBLISHED),
    ("container:stranger", PUBLISHED),
    ("container:web", "192.0.2.10:9000"),
    ("container:web", PUBLISHED),
    ("container:sibling", "172.17.0.2:80"),
)
ASKED_FROM = {"client": "192.0.2.10", "neighbour": "lan"}
SNAPSHOT = """
import sys
from pathlib import Path

from hairpin.collect.snapshot import save, take

save(take(), Path(sys.argv[1]))
"""


def plan(proxy: str) -> LabPlan:
    """Return the host's plan: two networks, three containers, one published port."""
    return LabPlan(
        networks=(NetworkPlan("other"),),
        second_nic=True,
        daemon="{}" if proxy == "on" else '{"userland-proxy": false}',
        containers=(
            ContainerPlan("web", ("8151:80",)),
            ContainerPlan("sibling"),
            ContainerPlan("stranger", networks=("other",)),
        ),
    )


def record(name: str, fault: str, proxy: str) -> list[tuple[str, str, str]]:
    """Write the snapshot; return start, destination and outcome of each connection."""
    scenario = Scenario(name=name, title=name, lab=plan(proxy), listeners=(9000,), flows=(), causes=())
    with running_scenario(scenario) as lab:
        wait_until_served(lab)
        lab.host.run(fault)
        path = FOLDER / f"{name}.hairpin"
        lab.host.run(("env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-c", SNAPSHOT, str(path)))
        path.chmod(0o644)
        return [(start, to, outcome) for start, to in PROBES if (outcome := probed(lab, start, to))]


def wait_until_served(lab: Lab) -> None:
    """Wait for the service to come up."""
    deadline = time.monotonic() + 10
    while lab.probe("client", PUBLISHED).value != "delivered" and time.monotonic() < deadline:
        time.sleep(0.05)


def probed(lab: Lab, start: str, to: str) -> str:
    """Return the connection's outcome; empty if it cannot start there any more."""
    try:
        return lab.probe(start, to).value
    except LabError:
        return ""


def main() -> None:
    """Record the named hosts, or all."""
    if os.geteuid() != 0:
        sys.exit("recording hosts needs root: it builds network namespaces")
    hosts = tomllib.loads((FOLDER / "hosts.toml").read_text("utf-8"))
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    for base, host in hosts.items():
        for proxy in host.get("proxies", ["on"]):
            name = base if proxy == "on" else f"{base}.proxy-off"
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            causes = {(flow["from"], flow["to"]): flow["causes"] for flow in expected.get(name, [])}
            expected[name] = [
                {"from": origin, "to": to, "real": real, "causes": causes.get((origin, to), [])}
                for start, to, real in record(name, host["fault"], proxy)
                for origin in [ASKED_FROM.get(start, start)]
            ]
            print(name)
    (FOLDER / "expected.json").write_text(written(expected), "utf-8")


def written(expected: dict[str, list[dict[str, object]]]) -> str:
    """Return the file's text: a flow a line."""
    hosts = (
        f"  {json.dumps(name)}: [\n" + ",\n".join(f"    {json.dumps(flow)}" for flow in flows) + "\n  ]"
        for name, flows in sorted(expected.items())
    )
    return "{\n" + ",\n".join(hosts) + "\n}\n"


if __name__ == "__main__":
    main()

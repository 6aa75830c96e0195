"""Records healthy hosts for the hunt of causes: builds each of the lab's healthy scenarios and snapshots it.

    python -m tools.record_healthy [NAME…]      (root; a few seconds a host)

Writes ``tests/fixtures/healthy/NAME.hairpin``.
"""

import os
import sys
from base64 import b64decode

from hairpin.lab.scenario import named
from hairpin.lab.trial import break_host, probe_before, running_scenario
from tools.record_hosts import ROOT, SNAPSHOT

FOLDER = ROOT / "tests" / "fixtures" / "healthy"
NAMES = (
    "asymmetric-loose", "cloud-address", "docker-user-rules", "fail2ban", "firewalld-port-open", "host-network",
    "icc-off", "input-closed", "ipv6", "logging-rules", "nat-flushed-proxy-answers", "networks-apart", "nft-table",
    "pod-of-cni", "podman-beside-docker", "podman-cni", "podman-netavark", "podman-pod", "policy-routing",
    "published-on-loopback", "rp-filter-strict", "second-address", "shared-network", "ten-containers", "two-networks",
    "udp", "ufw", "userland-proxy-off",
)  # fmt: skip
_WITHIN = "/tmp/host.hairpin"  # noqa: S108 -- the lab's host has a file system of its own


def record(name: str) -> None:
    """Write the snapshot of the scenario ``healthy-NAME``."""
    scenario = named(f"healthy-{name}")
    with running_scenario(scenario) as lab:
        probe_before(lab, scenario)
        break_host(lab, scenario)
        lab.host.run(("env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-c", SNAPSHOT, _WITHIN))
        (FOLDER / f"{name}.hairpin").write_bytes(b64decode(lab.host.run(("base64", _WITHIN))))


def main() -> None:
    """Record the named hosts, or all."""
    if os.geteuid() != 0:
        sys.exit("recording hosts needs root: it builds network namespaces")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or NAMES:
        record(name)
        print(name)


if __name__ == "__main__":
    main()

"""hairpin in a host of the lab, as a user types it there."""

import subprocess

from hairpin.lab.node import Node
from hairpin.lab.this_hairpin import HAIRPIN, TIMEOUT_S, environment


def typed(host: Node, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run ``hairpin WORDS`` in the host, in all of its namespaces; raises TimeoutExpired."""
    return subprocess.run(
        (*host.enter, *HAIRPIN, *words),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )

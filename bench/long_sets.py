"""A host with an nftables set of 700,000 addresses, as lists of countries and of bans have: a question about a port.

The set is in a network namespace of its own. The memory is the largest resident set of hairpin and of what it starts.
"""

import os
import random
import subprocess
import sys
import time

import msgspec

from hairpin.network.prefix import address_text

ELEMENTS = 700_000
PORT = 22
_RULES = """
table inet geo {{
    set bad {{ type ipv4_addr; elements = {{ {elements} }}; }}
    chain input {{ type filter hook input priority 0; ip saddr @bad drop; }}
}}
"""
_INSIDE = (sys.executable, "-m", "bench.long_sets")


class OfSet(msgspec.Struct, frozen=True):
    """Seconds and MiB of ``hairpin check`` beside a set of so many ``elements``."""

    elements: int
    elapsed: float
    processor: float
    peak_mib: float


def of_set() -> OfSet:
    """Return the costs."""
    run = subprocess.run(("unshare", "--net", *_INSIDE), input=_rules(), capture_output=True, text=True, check=True)
    return msgspec.json.decode(run.stdout, type=OfSet)


def _rules() -> str:
    drawn = random.Random(1)  # noqa: S311 - the same set each time
    addresses = (address_text(each, 4) for each in drawn.sample(range(1 << 24, 223 << 24), ELEMENTS))
    return _RULES.format(elements=", ".join(addresses))


def _inside() -> OfSet:
    """Load the rules from standard input into this namespace, and ask twice: the first time compiles modules."""
    subprocess.run(("ip", "link", "set", "lo", "up"), check=True)
    subprocess.run(("nft", "-f", "-"), stdin=sys.stdin, check=True)
    asked = (sys.executable, "-m", "hairpin", "check", str(PORT))
    subprocess.run(asked, stdout=subprocess.DEVNULL, check=False)
    started = time.perf_counter()
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - started
    return OfSet(ELEMENTS, elapsed, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(_inside()).decode())

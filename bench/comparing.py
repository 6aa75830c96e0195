"""Two snapshots of a host with 50,000 rules, of which the later one has lost one rule and counted on: read and
compared, with the flow that the rule decides."""

from collections.abc import Iterator

import msgspec

from bench.rules import PORT, docker_like
from bench.timing import Timing, timed
from hairpin.compare.comparison import Comparison, both_hosts, comparison_of
from hairpin.evidence.reading import Evidence
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.report.answers import evidence

RULES = 50_000
PROMISED_S = 2.0


def snapshots(rules: int = RULES) -> tuple[Evidence, Evidence]:
    """Return the earlier and the later snapshot."""
    text = docker_like(rules)
    lost = next(line for line in text.splitlines(keepends=True) if f"--dport {PORT} " in line)
    return _having(text), _having(text.replace(lost, "").replace("[0:0]", "[7:420]"))


def _having(text: str) -> Evidence:
    found = evidence()
    readings = tuple(
        msgspec.structs.replace(each, text=text) if each.key == "iptables-nft-save4" and each.netns == "host" else each
        for each in found.readings
    )
    return msgspec.structs.replace(found, readings=readings)


def compared_snapshots(was: Evidence, now: Evidence) -> Comparison:
    """Return the comparison for the port that lost its rule."""
    question = parse_question("check", (str(PORT),), None, (), World())
    return comparison_of(question, *both_hosts(was, now), (was, now))


def of_snapshots() -> Iterator[Timing]:
    """Yield how long it takes to compare them, and to compare two equal ones."""
    was, now = snapshots()
    yield timed(f"two snapshots of {RULES} rules, one lost", lambda: compared_snapshots(was, now), 3)
    yield timed(f"two equal snapshots of {RULES} rules", lambda: compared_snapshots(was, was), 3)

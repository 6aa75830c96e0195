"""What is kept apart on purpose proves no text, however much a client's error looks like it."""

from hairpin.answer.texts.explain import TextAnswer, explain_texts
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.explain.understand import understand
from hairpin.question.target import parse_origin
from tests.acceptance import recorded
from tests.explain.judge import HEALTHY, NOW
from tests.rows import each_row

TIMEOUT = "dial tcp {}: i/o timeout"
REFUSED = "dial tcp {}: connect: connection refused"
ISOLATION, LOOPBACK = "isolation-drops-between-bridges", "published-on-loopback-only"
NO_ROUTE = "dial tcp 172.17.0.2:80: connect: no route to host"
CASES: dict[str, tuple[str, str, str, str]] = {
    "networks apart": ("networks-apart", "container:db", TIMEOUT.format("172.18.0.2:80"), ISOLATION),
    "icc=false": ("icc", "container:sibling", TIMEOUT.format("172.17.0.2:80"), "icc-off"),
    "published on loopback": ("published-on-loopback", "192.0.2.10", REFUSED.format("198.51.100.11:8151"), LOOPBACK),
    "not published": ("networks-apart", "192.0.2.10", REFUSED.format("198.51.100.11:5432"), ""),
    "outside to a bridge": ("firewalld-port-open", "192.0.2.10", NO_ROUTE, ""),
}


def evidence(host: str) -> Evidence:
    """Return a healthy host, or a recorded one."""
    path = HEALTHY / f"{host}.hairpin"
    return load(path) if path.exists() else recorded.evidence(host)


def told(host: str, origin: str, text: str) -> TextAnswer:
    understood = understand((text.encode(),), NOW)
    found = explain_texts(understood, (evidence(host),), None, parse_origin(origin))
    return found.found[0]


@each_row(("host", "origin", "text", "cause"), CASES.values(), ids=CASES)
def test_it_proves_nothing(host: str, origin: str, text: str, cause: str) -> None:
    here = told(host, origin, text).here
    assert here.here != "true"
    assert here.cause is None
    if cause:
        assert here.cause_ids[0] == cause
        assert "keeps it apart on purpose" in str(here.why)

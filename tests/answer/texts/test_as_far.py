"""What the hosts say of a text without a known sender: how they treat what it names, never what to do."""

from hairpin.answer.texts.explain import TextAnswer, explain_texts
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Evidence
from hairpin.explain.understand import understand
from hairpin.question.target import parse_origin
from tests.acceptance import recorded
from tests.explain.answers import the_only
from tests.explain.judge import HEALTHY, NOW
from tests.report.answers import FORWARDING_OFF, Replacement
from tests.rows import each_row

CASES: dict[str, tuple[str, tuple[Replacement, ...], str]] = {
    "it leaves": ("dial tcp 203.0.113.80:25: i/o timeout", (), "hairpin did not read anything beyond this host"),
    "it passes": ("dial tcp 0.0.0.0:8080: i/o timeout", (), "pass now"),
    "it fails": ("dial tcp 0.0.0.0:8080: i/o timeout", (FORWARDING_OFF,), "dropped now"),
    "no end is named": (
        "OSError: [Errno 113] No route to host",
        (FORWARDING_OFF,),
        "the text cannot be checked without its sender",
    ),
    "names": ("curl: (6) Could not resolve host: db", (), ":53/udp"),
}


@each_row(("text", "host", "said"), CASES.values(), ids=CASES)
def test_as_far_as_this_host(text: str, host: tuple[Replacement, ...], said: str) -> None:
    here = the_only(text, *host).here
    why = str(here.why)
    assert (here.here, here.cause) == ("unknown", None)
    assert why.startswith("seen from this host: ")
    assert said in why
    assert "add --from" in why


def test_a_port_that_is_taken_is_told_with_its_holder() -> None:
    """A container of this host has the port; whether the text is about that nobody knows."""
    here = the_only("Bind for 0.0.0.0:8080 failed: port is already allocated").here
    assert here.here == "unknown"
    assert "container front publishes port 8080" in str(here.why)


TIMEOUT = "dial tcp {}: i/o timeout"
REFUSED = "dial tcp {}: connect: connection refused"
ISOLATION, LOOPBACK = "isolation-drops-between-bridges", "published-on-loopback-only"
NO_ROUTE = "dial tcp 172.17.0.2:80: connect: no route to host"
SEPARATION: dict[str, tuple[str, str, str, str]] = {
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


@each_row(("host", "origin", "text", "cause"), SEPARATION.values(), ids=SEPARATION)
def test_it_proves_nothing(host: str, origin: str, text: str, cause: str) -> None:
    here = told(host, origin, text).here
    assert here.here != "true"
    assert here.cause is None
    if cause:
        assert here.cause_ids[0] == cause
        assert "keeps it apart on purpose" in str(here.why)

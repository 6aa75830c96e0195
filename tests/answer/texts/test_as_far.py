"""What the hosts say of a text without a known sender: how they treat what it names, never what to do."""

from tests.explain.answers import the_only
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

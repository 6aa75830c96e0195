"""The files of the corpus say everything that a case needs, and the judge reads answers as it says."""

import re
from pathlib import Path

from tests.rows import each_row
from tests.world.case import FOLDER, Asked, Case, Connection, Never, cases, read
from tests.world.judge import Given, Mark, is_called_sick, marked
from tests.world.trial import try_case

CASE = Case(
    "own", "nothing forwards", "own", (Asked("8080", ("forward",), ("policy",)),), (Connection(),), 0,
    never=(Never("ip rule del", "the host's own services die"),),
)  # fmt: skip


_NAMES = "its container cannot resolve a name, which no probe does"
_SEEN_OTHERWISE = {
    "hetzner-private-link-of-1450-f-20": "connections open, and large answers stall",
    "access-point-is-told-the-containers-own-address-18": "the application tells others an address that is not theirs",
    "workstation-zone-opens-the-ports-from-1025-on-18": "the port was closed before, too, and is published only now",
    "podman-names-die-under-input-drop-11": _NAMES,
    "nameserver-with-a-typing-error": _NAMES,
    "moved-to-the-default-bridge-and-its-names-are-gone": _NAMES,
    "podman-network-without-name-service": _NAMES,
    "names-on-the-default-bridge-c-23": _NAMES,
    "database-was-renamed-and-its-name-went-with-it": _NAMES,
    "alias-belongs-to-the-network-the-app-is-not-in": _NAMES,
    "host-gateway-entry-was-lost-with-a-recreate": _NAMES,
    "squatter-on-port-53-keeps-the-networks-name-service-away": _NAMES,
    "vpn-client-in-the-container-rewrote-resolv-conf": _NAMES,
}


@each_row("path", sorted(FOLDER.glob("*.toml")), ids=lambda each: each.stem)
def test_a_case_says_what_it_needs(path: Path) -> None:
    case = read(path)
    assert case.truth
    assert case.confirmed
    assert case.source == "own" or case.source.startswith("https://")
    assert case.connection
    if not case.is_healthy and case.name not in _SEEN_OTHERWISE:
        assert any(each.broken is not each.healthy for each in case.connection)
    assert case.is_healthy or all(each.names for each in case.question)
    for asked in case.question:
        for each in (*asked.names, *asked.partly):
            re.compile(each)


def given(text: str, status: int, *causes: str) -> Given:
    """Return an answer without a document, as of a command that prints none."""
    return Given(CASE.question[0], status, " ".join((text, *causes)), None, 0.1)


MARKS: dict[str, tuple[Given, Mark]] = {
    "named": (given("forwarding is off", 1), "right"),
    "another word of it": (given("the policy drops it", 1), "partly"),
    "nothing said": (given("all flows pass", 0), "all-clear"),
    "fails without a word": (given("a problem", 1), "no cause"),
    "a bug": (given("Traceback (most recent call last)", 70), "raised"),
}


@each_row(("answer", "mark"), MARKS.values(), ids=MARKS)
def test_an_answer_is_marked_by_what_it_names(answer: Given, mark: Mark) -> None:
    assert marked(CASE, answer).mark == mark


def test_a_healthy_host_is_called_sick_by_any_other_status_than_0() -> None:
    assert not is_called_sick(given("all flows pass", 0))
    assert is_called_sick(given("a problem", 1))


def test_a_case_of_the_corpus_is_built_broken_asked_and_repaired() -> None:
    (case,) = cases(("forwarding-switched-off-by-sysctl",))
    result = try_case(case)
    assert (result.untrue, result.mark, result.sick) == ((), "right", ())
    assert result.repair is not None
    assert result.repair.works

"""Expectations held against a recorded host, as it is and with one fault."""

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import Holding, Holdings, hold
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, evidence


def held(text: str, *replacements: Replacement) -> Holdings:
    return hold(parse_expectations(text, "expect.toml"), (evidence(*replacements),))


def one(text: str, *replacements: Replacement) -> Holding:
    (found,) = held(text, *replacements).each
    return found


PORT = '[[must]]\nreach = "8080"\nfrom = "outside"\n'
CLOSED = '[[must-not]]\nreach = "{what}"\nfrom = "outside"\n'


def test_what_is_reached_holds() -> None:
    assert one(PORT).state == "held"
    assert held(PORT).status == 0


def test_what_must_be_reached_and_is_not() -> None:
    found = one(PORT, FORWARDING_OFF)
    assert (found.state, [each.event for each in found.breaches]) == ("broken", [""])
    assert [each.id for each in found.breaches[0].causes] == ["interface-forwarding-off"]
    assert held(PORT, FORWARDING_OFF).status == 1


def test_what_must_not_be_reached_and_is() -> None:
    assert one(CLOSED.format(what="8080")).state == "broken"
    assert one(CLOSED.format(what="0.0.0.0:8080"), USER_DROPS).state == "held"
    # The rule is one of IPv4: the port answers over IPv6.
    assert one(CLOSED.format(what="8080"), USER_DROPS).state == "broken"


def test_what_an_event_breaks() -> None:
    text = PORT + 'survives = ["docker-stop", "sysctl-system"]\n'
    found = one(text)
    assert [each.event for each in found.breaches] == ["docker-stop"]
    assert [each.id for each in found.breaches[0].causes] == ["docker-daemon-not-running"]
    assert one(PORT + 'survives = "sysctl-system"\n').state == "held"


def test_what_exists_no_more_is_gone() -> None:
    gone = '[[{table}]]\nreach = "{reach}"\nfrom = "{origin}"\n'
    must = one(gone.format(table="must", reach="lost:80", origin="host"))
    assert (must.state, must.is_broken) == ("gone", True)
    assert one(gone.format(table="must-not", reach="lost:80", origin="host")).is_broken is False
    network = one(gone.format(table="must", reach="internet", origin="network:lost"))
    assert network.state == "gone"
    assert network.reason is not None
    assert "no network 'lost'" in str(network.reason)


def test_one_host_may_keep_some_and_break_others() -> None:
    found = held(PORT + CLOSED.format(what="8080"))
    assert [each.state for each in found.each] == ["held", "broken"]
    assert found.status == 1


DENYING = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n"


def test_the_exposure_through_which_a_must_not_is_reached_is_named() -> None:
    whole = evidence()
    saved = Reading("e900", "file", "", "/etc/iptables/rules.v4", whole.taken_at, 0, "text", DENYING)
    denying = msgspec.structs.replace(whole, readings=(*whole.readings, saved))
    (found,) = hold(parse_expectations(CLOSED.format(what="0.0.0.0:8080"), "expect.toml"), (denying,)).each
    assert [each.id for each in found.breaches[0].causes] == ["published-bypasses-host-firewall"]
    assert one(CLOSED.format(what="0.0.0.0:8080")).breaches[0].causes == ()


def test_nothing_is_expected() -> None:
    assert held("").status == 0

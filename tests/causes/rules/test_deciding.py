"""A rule or a policy that no other cause knows decides the flow."""

import msgspec
import pytest

from hairpin.change.change import DeleteRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.evidence.told import ToldParts
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import ruled
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, published
from tests.whole import one_of_each

LOOPBACK = published(FromHost(), "127.0.0.1")


def altered() -> Network:
    """Return the host whose jump from OUTPUT takes loopback addresses, too, and sends them to no container."""
    return ruled(DOCKER_RULES.replace("-A OUTPUT ! -d 127.0.0.0/8", "-A OUTPUT ! -d 127.1.0.0/16"))


CASES: dict[str, Case] = {
    "an altered jump translates what docker-proxy was to take": Case(altered(), LOOPBACK, ("rule-decides-flow",))
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)
    (cause,) = diagnose(case.sick, case.flow).causes
    assert [type(part) for part in cause.candidate.change.parts] == [DeleteRule]


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_is_silent_on_the_whole_host(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_a_line_of_a_text_with_an_unknown_target_may_be_cut_and_is_no_cause() -> None:
    built = ruled(with_rule("filter DOCKER-USER", "-j ACC"))
    asked = published()
    assert [each.cause for each in diagnose(built, asked).causes] == ["rule-decides-flow"]
    of_text = msgspec.structs.replace(built.this, told=ToldParts())
    assert of_text.is_of_text
    assert diagnose(built.with_host(of_text), asked).causes == ()

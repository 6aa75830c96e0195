"""A container whose start failed: whether another start is offered as a repair."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow, FromHost
from tests.causes.hosts import stopped
from tests.small_host import WEB, published

LOCK = (
    "driver failed programming external connectivity on endpoint web (0e140c2d6d81221c61fd090f9a8c94ca): (iptables "
    "failed: iptables --wait -t nat -A DOCKER: Another app is currently holding the xtables lock. Perhaps you want to "
    "use the -w option? (exit status 4))"
)
ERRORS: dict[str, tuple[str, bool]] = {
    "none: a start is the repair": ("", True),
    "known, and gone": (LOCK, True),
    "known, and still there": ("network gone not found", False),
    "not known: nothing shows that a start succeeds": ("the moon is full", False),
}


@pytest.mark.parametrize(("error", "offered"), ERRORS.values(), ids=ERRORS)
def test_a_start_is_offered_only_if_nothing_speaks_against_it(error: str, offered: bool) -> None:
    within = stopped("exited")
    (web,) = within.this.containers()
    failed = msgspec.structs.replace(web, exit_code=137, error=error)
    engine = within.this.engine_of(web).with_container(failed)
    (found,) = diagnose(within.with_host(within.this.with_engine(engine)), published()).causes
    assert (found.cause, found.candidate.offered) == ("container-not-running", offered)
    assert bool(found.candidate.change.calls) is offered
    assert ("could not start it" in str(found.candidate.detail)) is bool(error)


ASKED = Flow(FromHost(), 4, WEB + 5, "tcp", 80)
"""The host asks an address of the network that web does not get at its next start, because it is not the first free
one."""


def test_a_client_that_asks_by_name_asks_the_address_that_the_container_then_has() -> None:
    by_name = msgspec.structs.replace(ASKED, container="web", asked_host="test")
    (found,) = diagnose(stopped("exited"), by_name).causes
    assert (found.cause, found.candidate.offered) == ("container-not-running", True)


def test_a_client_that_asks_an_address_may_ask_nobodys() -> None:
    (found,) = diagnose(stopped("exited"), ASKED).causes
    assert found.cause == "container-address-not-assigned"


def test_a_container_does_not_start_with_the_address_of_its_bridge() -> None:
    (found,) = diagnose(stopped("exited"), published(FromHost(), "172.17.0.1")).causes
    assert (found.cause, found.candidate.offered) == ("container-not-running", True)


@pytest.mark.parametrize(("action", "code", "by_check"), (("stop", 137, True), ("kill", 3, True), ("", 137, False)))
def test_a_container_that_its_failed_health_check_ended_is_told_so(action: str, code: int, by_check: bool) -> None:
    within = stopped("exited")
    (web,) = within.this.containers()
    sick = msgspec.structs.replace(web, exit_code=code, health="unhealthy", on_unhealthy=action)
    engine = within.this.engine_of(web).with_container(sick)
    (found,) = diagnose(within.with_host(within.this.with_engine(engine)), published()).causes
    said = [str(each) for each in found.candidate.advice]
    assert (found.cause, found.candidate.offered) == ("container-not-running", True)
    assert (f"Podman then ended it (--health-on-failure={action})" in str(found.candidate.detail)) is by_check
    assert any("inspect --format '{{json .State.Health}}' web" in each for each in said) is by_check
    assert any("logs web" in each for each in said) is not by_check
    assert bool(found.candidate.logs) is not by_check

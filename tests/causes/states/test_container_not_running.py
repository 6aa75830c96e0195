"""A container whose start failed: whether another start is offered as a repair."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from tests.causes.hosts import stopped
from tests.small_host import published

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
    assert (found.cause.id, found.candidate.offered) == ("container-not-running", offered)
    assert bool(found.candidate.change.calls) is offered
    assert error in str(found.candidate.detail) or offered

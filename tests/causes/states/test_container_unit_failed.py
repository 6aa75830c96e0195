"""A unit that a person wrote to start a container, and that has failed."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import PortBinding
from hairpin.host.quadlet import Quadlet
from hairpin.network.network import Network
from tests.causes.case import Case, StateCase
from tests.causes.container.test_rootless_session_ended import SERVED, TO_IDLE
from tests.causes.hosts import with_host
from tests.causes.states.test_states import states_of
from tests.small_host import network

SHOP = Quadlet(
    "/etc/systemd/system/shop.service", "shop.service", "shop", ports=(PortBinding("tcp", 80, 9000, actual=False),),
    state="failed", sub="failed", exit_code=125, said="Error: network gone not found", runs="docker run",
)  # fmt: skip


def unit(whole: Network | None = None, /, **changed: object) -> Network:
    """Return the host with a unit whose command publishes port 9000."""
    return with_host(whole or network(), quadlets=(msgspec.structs.replace(SHOP, **changed),))


CASES: dict[str, Case] = {
    "the unit that runs the port's container has failed": Case(
        unit(), TO_IDLE, ("container-unit-failed",), unit(SERVED)
    ),
    "the unit fails again and again": Case(
        unit(state="activating", sub="auto-restart"), TO_IDLE, ("container-unit-failed",), unit(SERVED)
    ),
    "the ports of the failed unit's container are not known": Case(
        unit(ports=(), runs="docker start shop"), TO_IDLE, ("port-not-published",), unit(SERVED)
    ),
    "systemd refuses the unit's file": Case(
        unit(state="bad-setting", sub="dead", exit_code=0, said="shop.service: more than one ExecStart="),
        TO_IDLE,
        ("container-unit-failed",),
        unit(SERVED, state="active", sub="running"),
    ),
    "nobody has enabled the unit": Case(
        unit(state="inactive", sub="dead", exit_code=0, said="", install=("default.target",)),
        TO_IDLE,
        ("container-unit-failed",),
        unit(SERVED, state="active", sub="running"),
    ),
    "the engine lists the container of the inactive unit": Case(
        unit(name="web", state="inactive", sub="dead", exit_code=0, said=""), TO_IDLE, ("port-not-published",), SERVED
    ),
    "the failed unit publishes another port": Case(
        unit(ports=(PortBinding("tcp", 80, 9500, actual=False),)), TO_IDLE, ("port-not-published",), SERVED
    ),
}

STATES: dict[str, StateCase] = {
    "the unit that runs a container has failed": StateCase(unit(), (("container-unit-failed", "blocking"),), network()),
    "systemd refuses a unit that runs a container": StateCase(
        unit(state="bad-setting", sub="dead", said=""), (("container-unit-failed", "blocking"),), network()
    ),
    "a unit that does not run, maybe on purpose": StateCase(unit(state="inactive", sub="dead"), (), network()),
    "somebody else has its port": StateCase(unit(SERVED), (), network()),
    "its command names no port": StateCase(unit(ports=()), (), network()),
    "a stop had to kill the program": StateCase(unit(exit_code=137, said=""), (), network()),
}


@pytest.mark.parametrize("case", STATES.values(), ids=STATES)
def test_a_unit_that_failed_is_a_state(case: StateCase) -> None:
    assert states_of(case.sick) == case.states


def test_a_unit_that_nobody_enabled_is_started_and_enabled() -> None:
    (found,) = diagnose(unit(state="inactive", said="", install=("default.target",)), TO_IDLE).causes
    assert found.candidate.offered
    assert ["`systemctl enable shop.service`" in str(each) for each in found.candidate.advice] == [True]


def test_what_systemd_refuses_is_told_in_its_words() -> None:
    (found,) = diagnose(unit(state="bad-setting", said="shop.service: more than one ExecStart="), TO_IDLE).causes
    (way,) = found.candidate.ways
    assert "more than one ExecStart=" in str(found.candidate.detail)
    assert "systemctl daemon-reload && systemctl start shop.service" in str(way.said[0])
    assert "systemd-analyze verify /etc/systemd/system/shop.service" in str(way.said[0])


def test_the_unit_may_be_meant_if_its_ports_are_not_known() -> None:
    def ways(whole: Network) -> list[str]:
        (found,) = diagnose(whole, TO_IDLE).causes
        return [str(one) for each in found.candidate.ways for one in each.said]

    assert any("systemctl start shop.service" in each for each in ways(unit(ports=(), runs="docker start shop")))
    assert not any("systemctl" in each for each in ways(unit(ports=(), runs="docker start web", name="web")))

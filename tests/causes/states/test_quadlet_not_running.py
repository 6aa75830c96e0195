"""A Quadlet whose container does not run, or does not run as its file says."""

import re

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.events.happening import course_of
from hairpin.host.docker import PortBinding
from hairpin.host.idle import IdleContainer
from hairpin.host.quadlet import Quadlet
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.report.words import Words
from tests.causes.case import Case, StateCase
from tests.causes.container.test_rootless_session_ended import IDLE, SERVED, TO_IDLE
from tests.causes.hosts import asked, with_host
from tests.causes.states.test_states import states_of
from tests.podman_host import podmans, with_podman
from tests.rule_text import with_rule
from tests.small_host import OUTSIDE, host_namespace, network

PORT = PortBinding("tcp", 80, 9000, actual=False)
WIKI = Quadlet(
    "/etc/containers/systemd/wiki.container", "wiki.service", "wiki", ports=(PORT,), install=("multi-user.target",),
    state="inactive", sub="dead", wanted_by=("multi-user.target",),
)  # fmt: skip
FAILED: dict[str, object] = {"state": "failed", "sub": "failed", "exit_code": 125, "said": "Error: image not known"}
ANNS: dict[str, object] = {"user": "ann", "file": "/srv/ann/.config/containers/systemd/wiki.container"}


def quadlet(whole: Network | None = None, /, **changed: object) -> Network:
    """Return the host with a Quadlet that publishes port 9000."""
    return with_host(whole or network(), quadlets=(msgspec.structs.replace(WIKI, **changed),))


def made(**changed: object) -> Network:
    """Return Podman's host where the Quadlet's unit runs a container that publishes port 8151."""
    found = with_podman()
    web = msgspec.structs.replace(podmans(), **({"unit": "wiki.service"} | changed))
    return with_host(found, engines=(msgspec.structs.replace(found.this.engines[0], containers=(web,)),))


CASES: dict[str, Case] = {
    "the unit of a Quadlet is stopped": Case(quadlet(), TO_IDLE, ("quadlet-not-running",), quadlet(SERVED)),
    "the unit of a Quadlet has failed": Case(quadlet(**FAILED), TO_IDLE, ("quadlet-not-running",), quadlet(SERVED)),
    "systemd does not know the unit of a Quadlet": Case(
        quadlet(state="not-found"), TO_IDLE, ("quadlet-not-running",), quadlet(SERVED)
    ),
    "the unit of a Quadlet is starting": Case(
        quadlet(state="activating", sub="start"), TO_IDLE, ("quadlet-not-running",), quadlet(SERVED)
    ),
    "the unit of a Quadlet is stopped, and a firewall drops": Case(
        quadlet(network(host_namespace(with_rule("filter INPUT", "-p tcp -m tcp --dport 9000 -j DROP")))),
        asked(OUTSIDE, "198.51.100.11", 9000), ("quadlet-not-running",), quadlet(SERVED),
    ),
    "a Quadlet was edited since its container started": Case(
        quadlet(made(), state="active", sub="running", needs_reload=True), TO_IDLE, ("quadlet-not-running",),
        quadlet(SERVED),
    ),
    "a Quadlet publishes another port": Case(
        quadlet(ports=(PortBinding("tcp", 80, 9500, actual=False),)), TO_IDLE, ("port-not-published",), SERVED,
    ),
    "systemd was not asked about a Quadlet": Case(quadlet(state=""), TO_IDLE, ("port-not-published",), SERVED),
    "another unit made the container that runs": Case(
        quadlet(made(unit="other.service"), state="active", sub="running"), TO_IDLE, ("port-not-published",), SERVED,
    ),
    "the container of a Quadlet is on the host's network": Case(
        quadlet(made(network_mode="host", netns="host", bindings=(), endpoints=()), state="active", sub="running"),
        TO_IDLE, ("host-network-ignores-ports",), quadlet(SERVED),
    ),
}  # fmt: skip

STATES: dict[str, StateCase] = {
    "the unit of a Quadlet with a port has failed": StateCase(
        quadlet(**FAILED), (("quadlet-not-running", "blocking"),), quadlet()
    ),
    "the unit of a Quadlet without a port has failed": StateCase(quadlet(ports=(), **FAILED), (), quadlet()),
    "another container has the port of the Quadlet that failed": StateCase(quadlet(SERVED, **FAILED), (), quadlet()),
    "a Quadlet was edited since its container started": StateCase(
        quadlet(made(), state="active", sub="running"),
        (("quadlet-not-running", "advice"),),
        quadlet(made(), state="active", sub="running", ports=(PortBinding("tcp", 80, 8151, actual=False),)),
    ),
    "the same, of a container on the host's network": StateCase(
        quadlet(made(network_mode="host", netns="host", bindings=(), endpoints=()), state="active", sub="running"),
        (),
        quadlet(),
    ),
    "a stop had to kill the program": StateCase(quadlet(state="failed", sub="failed", exit_code=137), (), quadlet()),
}


@pytest.mark.parametrize("case", STATES.values(), ids=STATES)
def test_a_quadlet_that_failed_is_a_state(case: StateCase) -> None:
    assert states_of(case.sick) == case.states
    assert states_of(case.whole) == ()


# what differs, what the answer says of it, what it tells a person to do
WORDINGS: dict[str, tuple[Network, str, str]] = {
    "stopped": (quadlet(), r"wiki\.container publishes port 9000.*wiki\.service is inactive\.", "systemctl start wiki"),
    "stopped, of a user": (quadlet(**ANNS), "is inactive", r"systemctl --user -M ann@ start wiki\.service"),
    "no [Install]": (
        quadlet(install=(), wanted_by=()), r"nothing starts it at boot, because the file has no \[Install\] section",
        r"WantedBy=multi-user\.target",
    ),
    "[Install] with a target that the user's manager lacks": (
        quadlet(wanted_by=(), **ANNS), r"systemd has not loaded multi-user\.target", r"WantedBy=default\.target",
    ),
    "failed": (
        quadlet(**FAILED), "The last start of wiki.service failed. podman said: Error: image not known",
        r"journalctl -u wiki\.service` shows, then start the unit: `systemctl start wiki\.service",
    ),
    "its program ended": (quadlet(state="failed", exit_code=1), "ended with exit code 1", "remove the reason"),
    "killed": (quadlet(state="failed", exit_code=137), "code 137.*as `systemctl stop` does", "systemctl start"),
    "not found": (
        quadlet(state="not-found"), r"does not know wiki\.service", "daemon-reload && systemctl start.*quadlet -dryrun",
    ),
    "edited": (
        quadlet(made(), state="active", needs_reload=True), "was made before: it publishes 8151/tcp",
        r"`systemctl daemon-reload && systemctl restart wiki\.service`.*no longer publishes 8151/tcp",
    ),
    "edited, and read by systemd": (
        quadlet(made(), state="active"), "was made before", r"`systemctl restart wiki\.service`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "why", "way"), WORDINGS.values(), ids=WORDINGS)
def test_what_is_said_of_a_quadlet(whole: Network, why: str, way: str) -> None:
    (cause, *_) = diagnose(whole, TO_IDLE).causes
    words = Words("en")
    assert re.search(why, words(cause.candidate.detail), re.DOTALL)
    (first, *_) = remedies(cause.cause, cause.candidate, whole)
    told = "\n".join((*map(str, first.commands), *map(words, first.advice)))
    assert re.search(way, told, re.DOTALL), told
    assert "recreate" not in told
    assert "systemctl enable" not in told


def test_a_user_without_lingering_has_the_other_cause() -> None:
    idle = IdleContainer("ann", 1001, "podman", "wiki", session="idle", unit="wiki.service", ports=IDLE.ports)
    own = quadlet(with_host(network(), idle=(idle,)), **ANNS)
    assert diagnose(own, TO_IDLE).causes[0].cause == "rootless-session-ended"
    lingering = quadlet(with_host(network(), idle=(msgspec.structs.replace(idle, lingers=True),)), **ANNS)
    assert diagnose(lingering, TO_IDLE).causes[0].cause == "quadlet-not-running"


# what differs of the Quadlet whose container runs, whether its port answers after a boot
BOOTS: dict[str, tuple[dict[str, object], bool]] = {
    "a target wants it": ({}, True),
    "no unit wants it": ({"wanted_by": (), "install": ()}, False),
    "systemd has not read its new [Install] section": ({"wanted_by": (), "needs_reload": True}, True),
    "systemd has not read that its [Install] section is gone": ({"install": (), "needs_reload": True}, False),
}


@pytest.mark.parametrize(("changed", "back"), BOOTS.values(), ids=BOOTS)
def test_a_boot_starts_what_a_target_wants(changed: dict[str, object], back: bool) -> None:
    whole = quadlet(made(), **({"state": "active", "sub": "running"} | changed))
    course = course_of(whole, whole.this.name, "reboot")
    assert course is not None
    assert any(each.running for each in course.host.containers()) is back


@pytest.mark.parametrize(
    ("state", "ports", "count"), (("not-found", (), 1), ("inactive", (), 0), ("not-found", (PORT,), 0))
)
def test_a_file_without_a_unit_and_without_a_port_is_named_for_a_port_that_nobody_has(
    state: str, ports: tuple[PortBinding, ...], count: int
) -> None:
    (found,) = diagnose(quadlet(state=state, ports=ports), asked(OUTSIDE, "198.51.100.11", 8152)).causes
    assert found.cause == "port-not-published"
    assert sum("quadlet -dryrun" in str(each) for each in found.candidate.advice) == count

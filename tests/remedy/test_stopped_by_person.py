"""Whether a person stopped a container, or the container ended by accident."""

import msgspec

from hairpin.change.calls import SetContainerState
from hairpin.change.change import Change
from hairpin.host.docker import Container
from hairpin.remedy.decisions import decision_undone
from hairpin.remedy.stopped_by_person import perhaps_stopped, stopped_on_purpose
from hairpin.report.words import Words
from tests.rows import each_row
from tests.small_host import container, engine, network

DOWN = msgspec.structs.replace(container("exited"), finished_at="2026-01-01T10:00:00Z", netns=None, pid=None)
BESIDE = msgspec.structs.replace(container(), id="b2", name="db", started_at="2026-01-01T09:00:00Z")
AFTERWARDS = msgspec.structs.replace(BESIDE, started_at="2026-01-01T10:00:30Z")


@each_row(
    ("changed", "beside", "decided"),
    (
        ({"exit_code": 3, "restart_policy": "unless-stopped"}, BESIDE, True),
        ({"exit_code": 137, "restart_policy": "always"}, BESIDE, True),
        ({"exit_code": None, "status": "created"}, BESIDE, True),
        ({"status": "paused"}, BESIDE, True),
        ({"exit_code": None, "finished_at": "0001-01-01T00:00:00Z", "restart_policy": "always"}, BESIDE, False),
        ({"exit_code": 1, "restart_policy": "no"}, BESIDE, False),
        ({"exit_code": 137, "restart_policy": "always", "health": "unhealthy", "on_unhealthy": "kill"}, BESIDE, False),
        ({"exit_code": 139, "restart_policy": "no"}, BESIDE, False),
        ({"exit_code": 137, "restart_policy": "always", "oom_killed": True}, BESIDE, False),
        ({"exit_code": 137, "restart_policy": "unless-stopped"}, AFTERWARDS, False),
        ({"exit_code": 128, "status": "created", "error": "port is already allocated"}, BESIDE, False),
        ({"exit_code": 1, "status": "restarting", "restart_policy": "always"}, BESIDE, False),
        ({"exit_code": None, "finished_at": "", "restart_policy": "always"}, BESIDE, False),
    ),
)
def test_a_container_that_somebody_stopped_is_told_from_one_that_ended(
    changed: dict[str, object], beside: Container, decided: bool
) -> None:
    one = msgspec.structs.replace(DOWN, **changed)
    whole = network(docker=engine(one, beside))
    assert (stopped_on_purpose(whole.this, one) is not None) == decided
    call = SetContainerState("docker", "unpause" if one.status == "paused" else "start", one.name)
    assert (decision_undone(Change((), (call,)), whole) is not None) == decided


@each_row(
    ("changed", "beside", "perhaps"),
    (
        ({"exit_code": 137}, BESIDE, True),
        ({"exit_code": 0}, BESIDE, True),
        ({"exit_code": 139}, BESIDE, False),
        ({"exit_code": 137, "health": "unhealthy"}, BESIDE, True),
        ({"exit_code": 137, "health": "unhealthy", "on_unhealthy": "stop"}, BESIDE, False),
        ({"exit_code": None, "finished_at": "0001-01-01T00:00:00Z"}, BESIDE, False),
        ({"exit_code": None, "finished_at": ""}, BESIDE, False),
        ({"exit_code": 0, "status": "restarting"}, BESIDE, False),
        ({"exit_code": 137}, AFTERWARDS, False),
    ),
)
def test_without_a_restart_policy_nobody_knows_whether_it_was_stopped(
    changed: dict[str, object], beside: Container, perhaps: bool
) -> None:
    one = msgspec.structs.replace(DOWN, **changed)
    whole = network(docker=engine(one, beside))
    assert (perhaps_stopped(whole.this, one) is not None) == perhaps
    assert stopped_on_purpose(whole.this, one) is None


def test_a_logout_ends_containers_as_a_stop_does() -> None:
    one = msgspec.structs.replace(DOWN, exit_code=143)
    podman = msgspec.structs.replace(engine(one), kind="podman", user="ann", lingers=False)
    said = perhaps_stopped(network(docker=podman).this, one)
    assert said is not None
    assert Words("en")(said) == "web ended with status 143, as after `podman stop` or the last logout of ann"


@each_row(("code", "said"), (
    (137, "SIGKILL ended web (status 137). `docker stop` or `docker kill` sends it"),
    (143, "SIGTERM ended web (status 143). `docker stop` or `docker kill` sends it"),
    (0, "web ended with status 0, by itself or after `docker stop`"),
))  # fmt: skip
def test_a_signal_is_no_proof_of_a_person(code: int, said: str) -> None:
    one = msgspec.structs.replace(DOWN, exit_code=code)
    found = perhaps_stopped(network(docker=engine(one)).this, one)
    assert found is not None
    assert Words("en")(found).startswith(said)


def test_a_container_of_podman_that_never_ran_may_have_failed_to_start() -> None:
    """Podman keeps no error of a start, and dockerd does: ``podman create`` leaves the same."""
    one = msgspec.structs.replace(DOWN, status="created", exit_code=None)
    podman = msgspec.structs.replace(engine(one), kind="podman")
    whole, dockers = network(docker=podman), network(docker=engine(one))
    assert stopped_on_purpose(whole.this, one) is None
    assert "`podman start web` says why" in str(perhaps_stopped(whole.this, one))
    assert stopped_on_purpose(dockers.this, one) is not None
    assert perhaps_stopped(dockers.this, one) is None

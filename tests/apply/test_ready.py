"""A plan begins only on the host that it was made for."""

from collections.abc import Callable

import msgspec
import pytest

from hairpin.apply.ready import made_ready
from hairpin.carry.act import FileState
from hairpin.change.step import ReplaceFile
from hairpin.errors import ApplyError
from hairpin.host.host import Host
from tests.apply.plans import FAULTY, HEALTHY, plan

HOST = FAULTY.network.this


def nothing(_path: str) -> FileState | None:
    return None


def test_the_tasks_are_completed_with_modes_and_owners() -> None:
    made = made_ready(plan().tasks(lasting=True), HOST, FAULTY.network, nothing)
    step = made[1].step
    assert isinstance(step, ReplaceFile)
    assert step.after is not None
    assert (step.after.mode, step.after.uid, step.before) == (0o644, 0, None)
    assert step.undo is not None


def without_containers(host: Host) -> Host:
    return msgspec.structs.replace(host, engines=())


OTHERS: dict[str, tuple[Callable[[Host], Host], str]] = {
    "started again": (lambda host: msgspec.structs.replace(host, boot_id="another"), "started again"),
    "other containers": (without_containers, "containers were started, stopped or made"),
}


@pytest.mark.parametrize(("other", "said"), OTHERS.values(), ids=OTHERS)
def test_another_host_is_refused(other: Callable[[Host], Host], said: str) -> None:
    network = FAULTY.network.with_host(other(HOST))
    with pytest.raises(ApplyError, match=said):
        made_ready(plan().tasks(lasting=True), HOST, network, nothing)


def test_a_value_that_somebody_has_set_meanwhile_is_refused() -> None:
    with pytest.raises(ApplyError, match="forwarding was 0 and is 1"):
        made_ready(plan().tasks(lasting=False), HOST, HEALTHY.network, nothing)


def test_a_file_that_somebody_has_made_meanwhile_is_refused() -> None:
    with pytest.raises(ApplyError, match=r"99-hairpin\S+ is not as it was read"):
        made_ready(plan().tasks(lasting=True), HOST, FAULTY.network, lambda _: FileState("mine\n", 0o644, 0, 0))

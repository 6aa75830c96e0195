"""A plan begins only on the host that it was made for."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.ready import made_ready, read_file
from hairpin.apply.task import Task
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


def of_bytes(content: str) -> tuple[Task, ...]:
    before = FileState(content, 0o644, 0, 0)
    return (Task("own", ReplaceFile(host=HOST.name, path="/etc/x", before=before, after=FileState("two\n"), undo=())),)


def test_a_file_that_is_no_text_is_refused() -> None:
    """The journal could not give its bytes back."""
    caf = FileState("caf\u00e9\n", 0o644, 0, 0)
    assert made_ready(of_bytes(caf.content), HOST, FAULTY.network, lambda _: caf)
    bytes_of = FileState("caf\udce9", 0o644, 0, 0)
    with pytest.raises(ApplyError, match="/etc/x is no text in UTF-8"):
        made_ready(of_bytes(bytes_of.content), HOST, FAULTY.network, lambda _: bytes_of)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("one\n", "utf-8")
    assert read_file(str(tmp_path / "a.conf")) == FileState("one\n", 0o644, 0, 0, ())
    assert read_file(str(tmp_path / "none.conf")) is None
    with pytest.raises(ApplyError, match="cannot be read: Is a directory"):
        read_file(str(tmp_path))

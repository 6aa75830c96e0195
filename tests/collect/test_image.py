"""In hairpin's image: without a way into the host nothing of the container is taken for the host's."""

import pytest

from hairpin.cli.main import cli
from hairpin.collect.image import RUN, require_host
from hairpin.collect.run import LocalRunner
from hairpin.errors import CollectError

LACKING = {"no-pid-host": "--pid=host", "no-ptrace": "SYS_PTRACE", "no-admin": "SYS_ADMIN"}


@pytest.mark.parametrize(("entered", "right"), LACKING.items())
def test_the_missing_right_is_named(entered: str, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIRPIN_IMAGE", entered)
    with pytest.raises(CollectError) as refused:
        LocalRunner().run(b"echo read", ())
    first, _, command = str(refused.value).partition(". ")
    assert right in first
    assert RUN in command


def test_the_help_has_the_same_command() -> None:
    assert f"{RUN} 8151" in (cli.epilog or "")


@pytest.mark.parametrize("entered", ("host", None))
def test_in_the_host_it_reads(entered: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAIRPIN_IMAGE", raising=False)
    if entered:
        monkeypatch.setenv("HAIRPIN_IMAGE", entered)
    require_host()
    assert LocalRunner().run(b"echo read", ()).stdout == b"read\n"

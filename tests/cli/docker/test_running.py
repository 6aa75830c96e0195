"""docker's completion of hairpin's words."""

import pytest

from hairpin.cli.docker.running import completions
from hairpin.cli.main import cli

COMPLETED: dict[str, tuple[tuple[str, ...], str]] = {
    "a command": (("__completeNoDesc", "hairpin", "sto"), "story\n:4"),
    "an option": (("__completeNoDesc", "hairpin", "check", "--no-r"), "--no-replica\n:4"),
    "with its description": (
        ("__complete", "hairpin", "check", "--no-r"), "--no-replica\tDo not repeat flows and proofs in namespaces.\n:4"
    ),
    "an option's value": (("__completeNoDesc", "hairpin", "check", "--lang", "z"), "zh\n:4"),
    "files": (("__complete", "hairpin", "check", "--snapshot", "x"), ":0"),
    "nothing fits": (("__complete", "hairpin", "check", "--lang", "q"), ":4"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), COMPLETED.values(), ids=COMPLETED)
def test_docker_completes(arguments: tuple[str, ...], expected: str) -> None:
    assert completions(cli, arguments) == expected

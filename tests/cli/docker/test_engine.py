"""The engine that a docker command line names: docker's own order of options, variables and settings."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from hairpin.cli.docker.call import parse_call
from hairpin.cli.docker.engine import NamedEngine, config_folder, named_engine
from hairpin.errors import UsageError

CONTEXTS = {"far": "ssh://root@192.0.2.77", "rootless": "unix:///run/user/1000/docker.sock", "bare": None, "odd": 7}
FAR = NamedEngine("docker context far", "ssh://root@192.0.2.77", "far")
ROOTLESS = NamedEngine("docker context rootless", "unix:///run/user/1000/docker.sock", "rootless")
BY_HOST = NamedEngine("DOCKER_HOST", "tcp://192.0.2.9:2376")

ENGINES: dict[str, tuple[str, dict[str, str], str, NamedEngine]] = {
    "nothing is named": ("", {}, "", NamedEngine()),
    "the current context": ("", {}, "rootless", ROOTLESS),
    "the current context is default": ("", {}, "default", NamedEngine()),
    "a variable names the context": ("", {"DOCKER_CONTEXT": "far"}, "rootless", FAR),
    "an option names the context": ("--context far", {"DOCKER_CONTEXT": "rootless"}, "rootless", FAR),
    "an option beats DOCKER_HOST": ("-c far", {"DOCKER_HOST": "tcp://192.0.2.9:2376"}, "", FAR),
    "DOCKER_HOST beats a context": (
        "", {"DOCKER_HOST": "tcp://192.0.2.9:2376", "DOCKER_CONTEXT": "far"}, "far", BY_HOST
    ),
    "-H beats all variables": (
        "-H unix:///x", {"DOCKER_HOST": "y", "DOCKER_CONTEXT": "far"}, "far", NamedEngine("-H", "unix:///x")
    ),
    "an empty DOCKER_HOST is none": ("", {"DOCKER_HOST": ""}, "far", FAR),
    "the default context keeps DOCKER_HOST": ("-c default", {"DOCKER_HOST": "tcp://192.0.2.9:2376"}, "far", BY_HOST),
    "the default context is chosen": ("-c default", {}, "far", NamedEngine()),
    "a context without an endpoint": ("-c bare", {}, "", NamedEngine("docker context bare", "", "bare")),
    "a context with an odd endpoint": ("-c odd", {}, "", NamedEngine("docker context odd", "", "odd")),
}  # fmt: skip


def settings(folder: Path, current: str) -> Path:
    """Write the docker command's settings with all contexts of the table."""
    (folder / "config.json").write_text(json.dumps({"currentContext": current} if current else {"auths": {}}))
    for name, host in CONTEXTS.items():
        place = folder / "contexts" / "meta" / sha256(name.encode()).hexdigest()
        place.mkdir(parents=True)
        (place / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    return folder


@pytest.mark.parametrize(("options", "variables", "current", "expected"), ENGINES.values(), ids=ENGINES)
def test_the_engine_is_the_one_that_docker_asks(
    options: str, variables: dict[str, str], current: str, expected: NamedEngine, tmp_path: Path
) -> None:
    folder = str(settings(tmp_path, current))
    call = parse_call((*options.split(), "hairpin"))
    assert named_engine(call, {**variables, "DOCKER_CONFIG": folder}) == expected


def test_an_option_names_the_settings(tmp_path: Path) -> None:
    call = parse_call(("--config", str(settings(tmp_path, "far")), "hairpin"))
    assert named_engine(call, {"DOCKER_CONFIG": "/nonexistent"}) == FAR


def test_the_settings_are_in_the_home_folder() -> None:
    assert config_folder({"HOME": "/root/ann"}) == Path("/root/ann/.docker")
    assert config_folder({"HOME": "/root/ann", "DOCKER_CONFIG": "/x"}) == Path("/x")
    assert config_folder({"DOCKER_CONFIG": "/x"}, "/y") == Path("/y")


@pytest.mark.parametrize("text", ("{", "[]", '{"currentContext": 3}', ""))
def test_malformed_settings_name_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    assert named_engine(parse_call(("hairpin",)), {"DOCKER_CONFIG": str(tmp_path)}) == NamedEngine()


REFUSED: dict[str, tuple[str, str]] = {
    "a context that is not there": ("-c none", "docker context none is not in .*/contexts"),
    "two engines": ("-H a -H b", "-H is given 2 times"),
    "an engine and a context": ("-H a -c far", "either -H or --context"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_what_docker_refuses_is_refused(options: str, said: str, tmp_path: Path) -> None:
    folder = str(settings(tmp_path, ""))
    with pytest.raises(UsageError, match=said):
        named_engine(parse_call((*options.split(), "hairpin")), {"DOCKER_CONFIG": folder})

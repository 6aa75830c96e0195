"""What hairpin examines when docker calls it."""

from pathlib import Path

import pytest

from hairpin.cli.docker.call import parse_call
from hairpin.cli.docker.following import Followed, follow, is_address_of_this_host
from hairpin.errors import UsageError
from tests.cli.docker.test_engine import settings

HERE = {"DOCKER_CONTEXT": "default", "DOCKER_HOST": None}


def at(endpoint: str, **further: str) -> dict[str, str | None]:
    return {"DOCKER_CONTEXT": "default", "DOCKER_HOST": endpoint, **further}


def followed(typed: str, folder: Path, *, reads_hosts: bool = True, **variables: str) -> Followed:
    """Follow a call whose hairpin words begin with the command, as the command line gives them."""
    call = parse_call(typed.split())
    return follow(
        call, {"DOCKER_CONFIG": str(folder), **variables}, reads_hosts=reads_hosts,
        is_here=lambda address: address in ("localhost", "127.0.0.1", "198.51.100.2", "::1"),
    )  # fmt: skip


FOLLOWED: dict[str, tuple[str, Followed]] = {
    "this host's engine": ("hairpin check 80", Followed(("check", "80"), HERE)),
    "a socket of another engine": (
        "-H unix:///x.sock hairpin check",
        Followed(("check",), at("unix:///x.sock"), ("docker", "-H", "unix:///x.sock", "hairpin")),
    ),
    "a context of another engine of this host": (
        "-c rootless hairpin check",
        Followed(
            ("check",), {"DOCKER_CONTEXT": "rootless", "DOCKER_HOST": None}, ("docker", "-c", "rootless", "hairpin")
        ),
    ),
    "TCP on this host": (
        "--tls -H tcp://127.0.0.1:2376 hairpin check",
        Followed(
            ("check",), at("tcp://127.0.0.1:2376", DOCKER_TLS="1"),
            ("docker", "--tls", "-H", "tcp://127.0.0.1:2376", "hairpin"),
        ),
    ),
    "TCP at an address of this host, with certificates": (
        "-H tcp://198.51.100.2:2376 --tlsverify --tlscacert /c/ca.pem --tlskey /c/key.pem hairpin check",
        Followed(
            ("check",), at("tcp://198.51.100.2:2376", DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH="/c"),
            (
                "docker", "-H", "tcp://198.51.100.2:2376", "--tlsverify", "--tlscacert", "/c/ca.pem", "--tlskey",
                "/c/key.pem", "hairpin",
            ),
        ),
    ),
    "TCP over IPv6 without a scheme": (
        "-H [::1]:2375 hairpin check", Followed(("check",), at("[::1]:2375"), ("docker", "-H", "[::1]:2375", "hairpin"))
    ),
    "a bare path": (
        "-H /x.sock hairpin check", Followed(("check",), at("/x.sock"), ("docker", "-H", "/x.sock", "hairpin"))
    ),
    "another host over ssh": (
        "-c far hairpin check 80 --json", Followed(("check", "--host", "root@192.0.2.77", "80", "--json"))
    ),
    "another port of ssh": (
        "-H ssh://ann@web1:2222 hairpin fix 80", Followed(("fix", "--host", "ssh://ann@web1:2222", "80"))
    ),
    "ssh without a user": ("-H ssh://web1 hairpin check", Followed(("check", "--host", "web1"))),
    "ssh to an IPv6 address": (
        "-H ssh://ann@[2001:db8::1] hairpin check", Followed(("check", "--host", "ann@2001:db8::1"))
    ),
    "ssh to the usual socket": (
        "-H ssh://ann@web1/var/run/docker.sock hairpin check", Followed(("check", "--host", "ann@web1"))
    ),
    "ssh to this host": (
        "-H ssh://root@localhost hairpin check",
        Followed(("check",), at("ssh://root@localhost"), ("docker", "-H", "ssh://root@localhost", "hairpin")),
    ),
    "the user names another host": (
        "-c far hairpin check 80 --host ann@b", Followed(("check", "80", "--host", "ann@b"))
    ),
    "the user names a snapshot": (
        "-H tcp://192.0.2.9:2376 hairpin check --snapshot=x", Followed(("check", "--snapshot=x"))
    ),
    "a target behind --": (
        "-c far hairpin check -- --host", Followed(("check", "--host", "root@192.0.2.77", "--", "--host"))
    ),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), FOLLOWED.values(), ids=FOLLOWED)
def test_hairpin_follows_docker(typed: str, expected: Followed, tmp_path: Path) -> None:
    assert followed(typed, settings(tmp_path, "")) == expected


def test_settings_that_last_are_not_typed_again(tmp_path: Path) -> None:
    found = followed("hairpin check", settings(tmp_path, "rootless"))
    assert found.program == ("hairpin",)
    assert found.variables["DOCKER_CONTEXT"] == "rootless"
    by_variable = followed("hairpin check", tmp_path, DOCKER_HOST="unix:///x")
    assert (by_variable.program, by_variable.variables) == (("hairpin",), at("unix:///x"))


def test_settings_that_an_option_names_are_passed_on(tmp_path: Path) -> None:
    folder = settings(tmp_path, "rootless")
    found = followed(f"--config {folder} hairpin check", Path("/nonexistent"))
    assert found.variables == {"DOCKER_CONTEXT": "rootless", "DOCKER_HOST": None, "DOCKER_CONFIG": str(folder)}


def test_a_command_that_reads_no_host_follows_nothing(tmp_path: Path) -> None:
    for option in ("-c none", "-H tcp://192.0.2.9:2376"):
        found = followed(f"{option} hairpin lab list", tmp_path, reads_hosts=False)
        assert found == Followed(("lab", "list"))


REFUSED: dict[str, tuple[str, str]] = {
    "TCP of another host": (
        "-H tcp://192.0.2.9:2376 hairpin check 80",
        (
            "-H names tcp://192.0.2.9:2376, an engine of another machine: its API does not show that machine's "
            "network. Examine the machine over ssh: `docker hairpin check 80 --host USER@192.0.2.9`"
        ),
    ),
    "TCP of another host, without a scheme": ("-H 192.0.2.9:2376 hairpin check", "an engine of another machine"),
    "a pipe of Windows": (
        "-H npipe:////./pipe/x hairpin check", "-H names npipe:////./pipe/x; hairpin can follow docker only to"
    ),
    "a password": ("-H ssh://ann:x@web1 hairpin check", "-H names a password in an ssh URL"),
    "another socket over ssh": (
        "-H ssh://ann@web1:22/run/user/7/docker.sock hairpin check",
        (

                "socket /run/user/7/docker.sock in -H is on another machine. Over ssh, hairpin asks that machine's "
                "own engine: `docker hairpin check --host ssh://ann@web1:22`"
        ),
    ),
    "certificates in two folders": (
        "-H tcp://127.0.0.1:1 --tlscacert /a/ca.pem --tlskey /b/key.pem hairpin check", "from one folder"
    ),
    "certificates of other names": ("-H tcp://127.0.0.1:1 --tlscacert /a/my.pem hairpin check", "from one folder"),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "said"), REFUSED.values(), ids=REFUSED)
def test_what_hairpin_cannot_examine_is_refused(typed: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        followed(typed, tmp_path)
    assert said in str(refused.value)


ADDRESSES = {
    "localhost": True, "127.0.0.1": True, "127.3.2.1": True, "192.0.2.77": False, "2001:db8::77": False,
    "not.a.name.of.this.host": False,
}  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_whose_address_it_is(address: str, expected: bool) -> None:
    assert is_address_of_this_host(address) is expected

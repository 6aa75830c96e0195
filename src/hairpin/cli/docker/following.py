"""Decides what hairpin examines when docker calls it: the host whose engine the docker command line names.

An engine of this host is named to the collector by the same variables that the docker command reads.  A host that
docker reaches over ssh is examined over ssh.  An engine's API over TCP shows the containers, but not their host's
network.  So hairpin refuses an engine that docker reaches over TCP.

Source: docker/cli cli/connhelper/ssh/ssh.go
"""

import os
import shlex
import socket
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from hairpin.cli.docker.call import NAME, DockerCall
from hairpin.cli.docker.engine import DEFAULT, NamedEngine, named_engine
from hairpin.errors import UsageError
from hairpin.message import message

_SOURCES = ("--host", "--snapshot", "--text", "--bundle")
"""The options by which the user names hosts.  If the user gives one of these options, docker's context is ignored."""
_USUAL_SOCKETS = ("", "/", "/run/docker.sock", "/var/run/docker.sock")
_CERTIFICATES = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}


class Followed(NamedTuple):
    """The call of hairpin that follows from a call of the plugin by docker.

    ``words``: hairpin's arguments.  ``variables``: the environment variables to set; a variable with the value None is
    removed.  ``program``: the words with which the same engine is asked again."""

    words: tuple[str, ...]
    variables: Mapping[str, str | None] = {}
    program: tuple[str, ...] = (NAME,)


def follow(
    call: DockerCall, variables: Mapping[str, str], *, reads_hosts: bool, is_here: Callable[[str], bool] | None = None
) -> Followed:
    """Return what hairpin does.  The first of the call's words is the name of hairpin's command.

    ``reads_hosts``: whether the command takes ``--host``.  ``is_here``: whether an address is this host's.  Raises
    UsageError if hairpin cannot examine what the command line names."""
    if not reads_hosts or _names_hosts(call.words):
        return Followed(call.words)
    engine = named_engine(call, variables)
    scheme, _, place = engine.endpoint.partition("://")
    if scheme == "ssh" and place:
        destination = _destination(engine, place, call)
        if destination.rpartition("@")[2] not in ("localhost", "127.0.0.1", "::1"):
            return Followed((*call.words[:1], "--host", destination, *call.words[1:]))
    elif scheme in ("tcp", "http", "https") or (engine.endpoint and "://" not in engine.endpoint):
        _require_here(engine, call, is_here or is_address_of_this_host)
    elif scheme not in ("", "unix", "fd"):
        raise UsageError(
            message(
                "{named} names {endpoint}; hairpin can follow docker only to a unix socket, to TCP on this host, and "
                "over ssh",
                named=engine.named, endpoint=engine.endpoint,
            )
        )  # fmt: skip
    return Followed(call.words, _variables(engine, call), _program(engine, call))


def _names_hosts(words: tuple[str, ...]) -> bool:
    options = words[: words.index("--")] if "--" in words else words
    return any(word.partition("=")[0] in _SOURCES for word in options)


def _destination(engine: NamedEngine, place: str, call: DockerCall) -> str:
    """Return the ssh destination for ``--host``; raise UsageError if ssh alone does not lead to the engine."""
    login, slash, path = place.partition("/")
    user, at, host = login.rpartition("@")
    if ":" in user:
        raise UsageError(
            message("{named} names a password in an ssh URL, and ssh accepts none there: use a key", named=engine.named)
        )
    name, port = _name_and_port(host)
    destination = f"ssh://{login}" if port else f"{user}{at}{name}"  # ssh(1) takes a URI where a port is needed
    if slash + path not in _USUAL_SOCKETS:
        raise UsageError(
            message(
                "socket {path} in {named} is on another machine. Over ssh, hairpin asks that machine's own engine: "
                "`{instead}`",
                named=engine.named, path=slash + path, instead=_instead(call, destination),
            )
        )  # fmt: skip
    return destination


def _name_and_port(host: str) -> tuple[str, str]:
    """Return the name or address, without brackets, and the port.  The port is empty if the text has no port."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def _require_here(engine: NamedEngine, call: DockerCall, is_here: Callable[[str], bool]) -> None:
    """Raise UsageError if the engine's TCP address is another machine's."""
    place = engine.endpoint.partition("://")[2] or engine.endpoint
    address, _ = _name_and_port(place.partition("/")[0])
    if not engine.endpoint.startswith("/") and address and not is_here(address):
        raise UsageError(
            message(
                "{named} names {endpoint}, an engine of another machine: its API does not show that machine's network. "
                "Examine the machine over ssh: `{instead}`",
                named=engine.named, endpoint=engine.endpoint, instead=_instead(call, f"USER@{address}"),
            )
        )  # fmt: skip


def _instead(call: DockerCall, destination: str) -> str:
    return shlex.join(("docker", NAME, *call.words, "--host", destination))


def is_address_of_this_host(address: str) -> bool:
    """Return whether the address belongs to this host.  No packet is sent, and no name is resolved.  The only names
    that belong to this host are ``localhost`` and its own host name."""
    if address in ("localhost", os.uname().nodename):
        return True
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        # An address that the kernel lets a socket bind is its own (unless net.ipv4.ip_nonlocal_bind is set).
        with socket.socket(family, socket.SOCK_DGRAM) as own:
            socket.inet_pton(family, address)
            own.bind((address, 0))
    except OSError:
        return False
    return True


def _variables(engine: NamedEngine, call: DockerCall) -> dict[str, str | None]:
    """Return the variables by which the collector asks the same engine.  The context is always named, because
    otherwise, under sudo, the collector looks at the context of the user who called sudo."""
    of_context = engine.named not in ("-H", "DOCKER_HOST")
    found: dict[str, str | None] = {
        "DOCKER_CONTEXT": engine.context if of_context else DEFAULT,
        "DOCKER_HOST": None if of_context else engine.endpoint,
    }
    if call.last("config"):
        found["DOCKER_CONFIG"] = call.last("config")
    for option, variable in (("tls", "DOCKER_TLS"), ("tlsverify", "DOCKER_TLS_VERIFY")):
        if call.last(option) == "true":
            found[variable] = "1"
    if folder := _certificates(call):
        found["DOCKER_CERT_PATH"] = folder
    return found


def _certificates(call: DockerCall) -> str:
    """Return the folder of the certificates that docker's options name; empty if the options name no certificates.

    Raises UsageError if DOCKER_CERT_PATH cannot name the same files."""
    paths = {name: PurePosixPath(call.last(name)) for name in _CERTIFICATES if call.last(name)}
    folders = {str(path.parent) for path in paths.values()}
    if len(folders) > 1 or any(path.name != _CERTIFICATES[name] for name, path in paths.items()):
        raise UsageError(
            message(
                "hairpin reads docker's certificates from one folder: set DOCKER_CERT_PATH to it (ca.pem, cert.pem, "
                "key.pem)"
            )
        )
    return next(iter(folders), "")


def _program(engine: NamedEngine, call: DockerCall) -> tuple[str, ...]:
    """Return the words that begin a command about the same engine.  A variable or ``docker context use`` still holds
    for the next command.  docker's options have to be typed again."""
    is_typed = bool(call.all("host") or call.last("context") or call.last("config"))
    return ("docker", *call.options, NAME) if is_typed and engine != NamedEngine() else (NAME,)

"""Values that a shell completes: targets, places, events, causes, plans.

A completion changes nothing.  A completion asks the engine only if the engine runs, and waits at most 200 ms for the
engine's answer.  A completion that fails returns no values.  A shell shows no errors.  The modules that a kind of value
needs are imported only when such a value is completed.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

PATIENCE_S = 0.2
"""The time limit for all requests to the engine, in seconds."""
_SOCKET, _PROCESS = "/run/docker.sock", "/run/docker.pid"
_MOST_BYTES = 4_000_000
_PLACES = {
    "outside": "a client behind the router",
    "host": "a process on this host",
    "lan": "a neighbour on the link of the default route",
}
_NARROWED = ("container-stop", "container-restart", "container-recreate")
"""The events that ``:NAME`` restricts to one container."""

Known = Callable[["click.Context"], Iterable[tuple[str, str]]]


def completion_of(known: Known) -> "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]":
    """Return a completion function for click: the known values, each with its description."""

    def complete(ctx: "click.Context", parameter: "click.Parameter", incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        del parameter
        found = ((value, said) for value, said in known(ctx) if value.startswith(incomplete))
        return [CompletionItem(value, help=said) for value, said in dict(found).items()]

    return complete


def _known_origins(ctx: "click.Context") -> Iterator[tuple[str, str]]:
    yield from _PLACES.items()
    containers = [(f"container:{each['name']}", str(each["image"])) for each in _containers(ctx)]
    yield from containers or [("container:", "a container, by its name")]


def _known_targets(ctx: "click.Context") -> Iterator[tuple[str, str]]:
    for each in _containers(ctx):
        name = each["name"]
        yield name, each["image"]
        for port in each["published"]:
            yield port, name


def _known_events(ctx: "click.Context") -> Iterator[tuple[str, str]]:
    from hairpin.events.event import EVENT_IDS

    yield from ((each, "") for each in EVENT_IDS)
    yield from ((f"{event}:{each['name']}", "") for each in _containers(ctx) for event in _NARROWED)


def _known_causes(ctx: "click.Context") -> Iterator[tuple[str, str]]:
    from hairpin.causes.registry import all_causes
    from hairpin.report.words import Words

    del ctx
    words = Words("en")
    yield from ((each.id, words(each.title)) for each in all_causes())


def _known_plans(ctx: "click.Context") -> Iterator[tuple[str, str]]:
    """Yield the plans of this host that can be taken back.  No journal is created."""
    from hairpin.cli.plans.half_done import FOLDER

    if os.geteuid() != 0 or ctx.params.get("host") or not FOLDER.is_dir():
        return
    from hairpin.apply.program.outpost import here
    from hairpin.apply.program.plan_book import PlanBook
    from hairpin.errors import HairpinError
    from hairpin.report.words import Words

    words = Words("en")
    try:
        plans = PlanBook(here(FOLDER.parent)).all()
    except HairpinError:
        return
    for each in plans:
        if each.state != "taken-back":
            yield each.id, f"{' '.join(each.question)}, {each.begun_at}, {words(each.said)}"


def files(ctx: "click.Context", parameter: "click.Parameter", incomplete: str) -> "list[CompletionItem]":
    """Return the completion that lets the shell itself complete file names."""
    from click.shell_completion import CompletionItem

    del ctx, parameter
    return [CompletionItem(incomplete, type="file")]


def snapshots_or_targets(ctx: "click.Context", parameter: "click.Parameter", incomplete: str) -> "list[CompletionItem]":
    """Return the targets that begin with the incomplete word.

    If there are no such targets, let the shell complete file names."""
    return targets(ctx, parameter, incomplete) or files(ctx, parameter, incomplete)


origins, targets, events = completion_of(_known_origins), completion_of(_known_targets), completion_of(_known_events)
causes, plans = completion_of(_known_causes), completion_of(_known_plans)


def _containers(ctx: "click.Context") -> list[dict[str, Any]]:
    """Return the name, image and published ports of each running container of this host; no containers if the command
    is about another host."""
    return [] if _others_are_meant(ctx) else containers_of(_answered())


def _others_are_meant(ctx: "click.Context") -> bool:
    asked = ctx.params.get("asked")
    return bool(asked is not None and asked.sources)


def containers_of(answer: bytes) -> list[dict[str, Any]]:
    """Return the name, image and published ports of each container in the engine's answer; no containers if the answer
    is no list.

    Source: Docker Engine API, ContainerList
    """
    import json

    try:
        listed = json.loads(answer)
        return [
            {
                "name": each["Names"][0].lstrip("/"),
                "image": str(each.get("Image", "")),
                "published": tuple(dict.fromkeys(map(_port, filter(_is_published, each.get("Ports") or ())))),
            }
            for each in listed
        ]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return []


def _is_published(port: dict[str, Any]) -> bool:
    return bool(port.get("PublicPort"))


def _port(port: dict[str, Any]) -> str:
    return str(port["PublicPort"]) if port.get("Type") == "tcp" else f"{port['PublicPort']}/{port['Type']}"


def _answered() -> bytes:
    """Return the list of containers as this host's dockerd sends it; return no bytes if dockerd does not run or does
    not answer in time."""
    import socket
    from contextlib import suppress
    from time import monotonic

    path = _socket_path()
    until = monotonic() + PATIENCE_S
    received = b""
    if path is None:
        return b""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as asked:
        asked.settimeout(PATIENCE_S)
        asked.connect(path)
        asked.sendall(b"GET /containers/json HTTP/1.0\r\nHost: docker\r\n\r\n")
        while (left := until - monotonic()) > 0 and len(received) < _MOST_BYTES:
            asked.settimeout(left)
            part = asked.recv(65536)
            if not part:
                head, _, body = received.partition(b"\r\n\r\n")
                return body if b" 200 " in head[:16] else b""
            received += part
    return b""


def _socket_path() -> str | None:
    """Return the path of dockerd's socket: the socket in DOCKER_HOST, or the usual socket if dockerd runs; else None.
    A connection to the usual socket of a stopped dockerd would start dockerd."""
    stated = os.environ.get("DOCKER_HOST", "")
    path = stated.removeprefix("unix://") if stated.startswith("unix://") else _SOCKET
    if stated and not stated.startswith("unix://"):
        return None
    try:
        runs = bool(stated) or Path(f"/proc/{int(Path(_PROCESS).read_text('ascii'))}").is_dir()
        return path if runs and stat.S_ISSOCK(Path(path).stat().st_mode) else None
    except (OSError, ValueError):
        return None


def register() -> None:
    """Make click's completion handle the word breaks of bash.  bash splits ``--from=container:web`` into five words,
    and replaces only the last word.

    Source: bash(1), COMP_WORDBREAKS; bash-completion's ``__ltrim_colon_completions``
    """
    from click.shell_completion import BashComplete, add_completion_class

    class Bash(BashComplete):
        """Completion for bash that handles colons and equals signs inside a word."""

        _typed = ""

        def get_completion_args(self) -> tuple[list[str], str]:
            args, incomplete = super().get_completion_args()
            *before, self._typed = join_broken(args, incomplete)
            return before, self._typed

        def format_completion(self, item: "CompletionItem[Any]") -> str:
            return f"{item.type},{item.value.removeprefix(unreplaced_part(self._typed))}"

    add_completion_class(Bash)


def join_broken(args: list[str], incomplete: str) -> list[str]:
    """Return the words as the user typed them, the incomplete word last.  The parts ``container``, ``:`` and ``web`` of
    one word are joined."""
    found: list[str] = []
    words = [*args, incomplete]
    for number, word in enumerate(words):
        if found and (_is_break(word) or _is_break(words[number - 1])):
            found[-1] += word
        else:
            found.append(word)
    return found


def _is_break(word: str) -> bool:
    return bool(word) and not word.strip(":=")


def unreplaced_part(typed: str) -> str:
    """Return the part of the value that bash does not replace: the part up to the last colon."""
    value = typed.partition("=")[2] if typed.startswith("--") else typed
    head, colon, _ = value.rpartition(":")
    return head + colon

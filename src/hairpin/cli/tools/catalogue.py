"""The tools, and the command line of each call.

A tool can do only what this module's table says.  The command's name comes from the table.  Each value is in the same
word as its option, and all targets come after ``--``.  So no value from a client can become an option, and no client
can start a command that changes a host.
"""

from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from hairpin.cli.tools.arguments import (
    CheckArguments,
    DiffArguments,
    EventsArguments,
    ExplainArguments,
    MoreArguments,
    ProveArguments,
    StoryArguments,
    WalkArguments,
)
from hairpin.collect.several import Kind, parse_place
from hairpin.errors import UsageError
from hairpin.message import message

ReadingCommand = Literal["check", "walk", "explain", "events", "diff", "story", "prove"]
"""The commands that a tool may start.  None of them changes a host."""
MORE = "more"
_READS = "Reads only: changes no host, and writes no file but a report of a bug of hairpin."
_IN_NAMESPACES = " As root it also repeats flows in throw-away namespaces of the server's machine."


class AgentTool(NamedTuple):
    """A tool.  ``schema``: the schema of the tool's document; empty for ``more``, whose document is a part of another
    tool's document."""

    name: str
    title: str
    description: str
    arguments: type[msgspec.Struct]
    schema: str = ""


TOOLS: tuple[AgentTool, ...] = (
    AgentTool(
        "check",
        "Why does a port not answer?",
        "Why can clients not reach a container's published port, or a container not get out? Walks the packets through "
        "a model of the kernel's routes, rules, NAT and sockets, names each proven cause and the repair as text. "
        f"{_READS}{_IN_NAMESPACES}",
        CheckArguments,
        "hairpin.report/1",
    ),
    AgentTool(
        "walk",
        "Every step of one packet",
        "Every step of one flow, request and reply, with the rule, route or socket that decides it. No diagnosis. "
        f"{_READS}",
        WalkArguments,
        "hairpin.walk/1",
    ),
    AgentTool(
        "explain",
        "What does this error mean here?",
        "What does an error message or a log mean, is it true on this host now, and what to do? Or, with `cause`, the "
        f"page of a cause that check names. {_READS}",
        ExplainArguments,
        "hairpin.explain/1",
    ),
    AgentTool(
        "events",
        "What will fail after the next restart?",
        "Which flows still pass after each event that can happen on the host: reboot, docker-restart, iptables-flush "
        f"and others. Nothing is restarted. {_READS}",
        EventsArguments,
        "hairpin.events/1",
    ),
    AgentTool(
        "diff",
        "What changed, and which change matters?",
        "What differs between two hosts or moments, and which difference decides which flow. Name two snapshots, or "
        f"one, which is compared with the server's machine now. {_READS}{_IN_NAMESPACES}",
        DiffArguments,
        "hairpin.diff/1",
    ),
    AgentTool(
        "story",
        "What happened to this host?",
        "What was done to the host's network, containers and packages, in order of time, and through whom, as far as "
        f"its own logs and files tell. {_READS}",
        StoryArguments,
        "hairpin.story/1",
    ),
    AgentTool(
        "prove",
        "Does the running kernel agree?",
        "Rebuilds the host's network in throw-away namespaces of the server's machine, sends the packet there, and "
        "compares the kernel's verdict with the model's. Needs root. No packet leaves these namespaces, the host is "
        f"not changed. {_READS}",
        ProveArguments,
        "hairpin.prove/1",
    ),
    AgentTool(
        MORE,
        "The rest of an answer",
        "A part of an earlier answer of this server that was left out because of its size: fields or refs of its "
        "document, or lines of its text. Reads no host.",
        MoreArguments,
    ),
)
BY_NAME: dict[str, AgentTool] = {each.name: each for each in TOOLS}
OPTIONS: dict[str, str] = {
    "verbose": "-v",
    "origin": "--from",
    "after": "--after",
    "since": "--since",
    "public": "--public",
    "last_good": "--last-good",
    "alike": "--alike",
    "no_replica": "--no-replica",
}
"""The option of the command line for each argument."""
_PLACES: tuple[tuple[str, Kind], ...] = (
    ("snapshots", "snapshot"), ("bundles", "bundle"), ("text_files", "text"), ("hosts", "host"),
)  # fmt: skip
"""The arguments that name hosts, in the order in which the command line has them."""


class CalledCommand(NamedTuple):
    """The words of a command, and the text that the command reads from standard input."""

    words: tuple[str, ...]
    fed: str | None


def parse_arguments(tool: AgentTool, given: dict[str, Any]) -> msgspec.Struct:
    """Return the arguments of a call.

    If the client sends a single text in place of a list, the text becomes a list with one item.  Raises UsageError if
    the tool does not have these arguments."""
    lists = {each.encode_name for each in msgspec.structs.fields(tool.arguments) if each.default == ()}
    several = {name: [value] if name in lists and isinstance(value, str) else value for name, value in given.items()}
    try:
        return msgspec.convert(several, tool.arguments)
    except msgspec.ValidationError as error:
        names = ", ".join(each.encode_name for each in msgspec.structs.fields(tool.arguments))
        said = message("{tool}: {reason}; its arguments are {names}", tool=tool.name, reason=str(error), names=names)
        raise UsageError(said) from error


def command_line(tool: AgentTool, arguments: msgspec.Struct, folders: tuple[Path, ...]) -> CalledCommand:
    """Return the command line of a call.  ``folders``: files are read only below these folders.

    Raises UsageError if a file is not below these folders, or if a word cannot be an argument of a command."""
    values = msgspec.structs.asdict(arguments)
    words = [word for name, option in OPTIONS.items() for word in _words(option, values.get(name, ()))]
    pasted = str(values.get("text", ""))
    fed: str | None = pasted or None
    for name, kind in _PLACES:
        words += [f"--{kind}={_place(kind, each, folders)}" for each in values.get(name, ())]
        if kind == "text" and fed is not None and tool.name != "explain":
            words.append("--text=-")
    targets = _targets(tool, values)
    whole = (tool.name, *words, "--", *targets)
    for each in whole:
        _require_word(each)
    return CalledCommand(whole, fed)


def _words(option: str, value: bool | str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that give an option its value.  Each value is in the same word as its option."""
    if isinstance(value, bool):
        return (option,) if value else ()
    if isinstance(value, tuple):
        return tuple(f"{option}={each}" for each in value)
    return (f"{option}={value}",) if value else ()


def _targets(tool: AgentTool, values: dict[str, Any]) -> tuple[str, ...]:
    if tool.name == "explain":
        if values["cause"]:
            return (values["cause"],)
        return ("-",) if values["text"] else ()
    target: str = values.get("target", "")
    targets: tuple[str, ...] = (target,) if target else values.get("targets", ())
    for each in targets:
        # `hairpin diff` takes its first words for files if such files exist
        if tool.name == "diff" and (each == "-" or Path("/", each).is_file()):
            raise UsageError(message("{target} is a file, not a target: name it in `snapshots`", target=each))
    return targets


def _place(kind: Kind, given: str, folders: tuple[Path, ...]) -> str:
    """Return the place in the form that the option takes.  A file is named by its absolute path."""
    place = parse_place(kind, given)
    if kind == "host":
        return given
    try:
        file = Path(place.place).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(message("{file}: cannot be read: {reason}", file=place.place, reason=str(error))) from error
    if not any(file.is_relative_to(each) for each in folders):
        raise UsageError(
            message(
                "{file} is not below {folders}: a file elsewhere is read only if `hairpin mcp` is started with "
                "--files FOLDER",
                file=place.place, folders=", ".join(map(str, folders)),
            )
        )  # fmt: skip
    return f"{place.label}={file}" if place.label else str(file)


def _require_word(word: str) -> None:
    """Raise UsageError if the word cannot be an argument of a command."""
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise UsageError(message("{word} is not text", word=ascii(word))) from error
    if "\0" in word or len(word.encode()) > 100_000:
        raise UsageError(message("{word} is too long or contains a NUL character", word=ascii(word[:80])))

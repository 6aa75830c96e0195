"""The values of the shared options: the question, how a plan is carried out, and how the answer is shown.

Imports the standard library only, since every command starts with this module.
"""

import shlex
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from hairpin.question.question import Kind as Asks
    from hairpin.question.question import Question


Kind = Literal["snapshot", "text", "bundle", "host"]
"""The options that name a host."""


class Given(NamedTuple):
    """One option ``--snapshot``, ``--text``, ``--bundle`` or ``--host``, with the value that the user typed."""

    kind: Kind
    text: str


class Asked(NamedTuple):
    """The options that make the question, as the user typed them.

    ``origin``: the value of ``--from``.  ``sources``: the named hosts; empty if only this host is asked.  ``outside``:
    the file with facts about the outside.  ``whole``: whether every container is read.  ``program``: the words that
    begin a command about the same engine; docker's plugin repeats docker's options there."""

    targets: tuple[str, ...] = ()
    origin: str | None = None
    size: int | None = None
    sources: tuple[Given, ...] = ()
    publics: tuple[str, ...] = ()
    outside: str | None = None
    after: str | None = None
    whole: bool = False
    program: tuple[str, ...] = ("hairpin",)

    @property
    def is_live(self) -> bool:
        """Whether every host is read now."""
        return all(each.kind == "host" for each in self.sources)

    def question(self, kind: "Asks" = "check") -> "Question":
        """Return the question.  Raises UsageError if a value of the options is wrong."""
        from hairpin.cli.material import stated_world
        from hairpin.question.question import parse_question

        world = stated_world(self.outside)
        return parse_question(kind, self.targets, self.origin, self.publics, world, self.size, self.after)

    def words(self) -> tuple[str, ...]:
        """Return the arguments with which ``hairpin fix`` answers the same question.  ``--after`` and ``--all`` are
        left out.  ``hairpin fix`` does not have these options."""
        options = (("--from", self.origin), ("--size", self.size), ("--outside", self.outside))
        return (
            *self.targets,
            *(word for name, value in options if value is not None for word in (name, str(value))),
            *(word for each in self.publics for word in ("--public", each)),
            *(word for each in self.sources for word in (f"--{each.kind}", each.text)),
        )

    def repairing(self) -> str:
        """Return the command that repairs the causes that ``check`` finds, quoted for a shell.  Return an empty text if
        the question is about a snapshot or an event.  A snapshot or a future state cannot be repaired."""
        is_now = self.after is None and self.is_live
        return shlex.join((*self.program, "fix", *self.words(), "--apply")) if is_now else ""

    def as_root(self) -> str:
        """Return the command that asks the same as root.  A snapshot has to be taken again on its host.  Return an
        empty text if other hosts are asked over ssh: how to be root there is not known."""
        if any(each.kind == "host" for each in self.sources):
            return ""
        if self.sources:
            return "sudo hairpin snapshot"
        from hairpin.cli.face.as_root import command_as_root

        return command_as_root()


class Acting(NamedTuple):
    """The options that say how a plan is carried out.

    ``persist``: whether the lasting steps are carried out, too.  ``yes``: whether the plan is carried out without
    asking the user.  ``try_s``: the number of seconds after which the plan is taken back if it is not confirmed.
    ``confirm``: whether a tried plan is kept."""

    applying: bool = False
    persist: bool = False
    yes: bool = False
    try_s: int | None = None
    confirm: bool = False

    def words(self) -> tuple[str, ...]:
        """Return the command-line arguments for these options."""
        flags = (("--apply", self.applying), ("--persist", self.persist), ("--yes", self.yes))
        return (
            *(word for word, is_set in flags if is_set),
            *(() if self.try_s is None else ("--try", str(self.try_s))),
        )


class Shown(NamedTuple):
    """The options that say how the answer is shown.

    ``lang``: ``en``, ``zh``, or None for the language of the locale.  ``color``: ``auto``, ``always`` or ``never``.
    ``html``: the file for the page.  ``-`` means standard output.  A page that goes to standard output is the only text
    there.  ``document_fd``: the open file descriptor to which the JSON document is written beside the text; ``hairpin
    mcp`` passes it to the commands that it starts.  ``brief``: the answer is one line.  ``nagios``: the answer is one
    line, and the exit status is a plugin's.  ``prom``: the file for the metrics; ``-`` means standard output."""

    as_json: bool = False
    lang: str | None = None
    color: str = "auto"
    verbose: bool = False
    html: str | None = None
    document_fd: int | None = None
    brief: bool = False
    nagios: bool = False
    prom: str | None = None

    @property
    def is_brief(self) -> bool:
        """Whether the answer is one line."""
        return self.brief or self.nagios

    @property
    def is_watched(self) -> bool:
        """Whether a monitor reads the answer."""
        return self.is_brief or self.prom is not None

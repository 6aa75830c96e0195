"""The values of the shared options: the question, how a plan is carried out, and how the answer is shown.

Imports the standard library only, since every command starts with this module.
"""

import shlex
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from hairpin.question.question import Kind, Question


class Given(NamedTuple):
    """One ``--snapshot`` or ``--host``, as typed."""

    kind: Literal["snapshot", "host"]
    text: str


class Asked(NamedTuple):
    """The question's options, as typed.  ``origin``: ``--from``; ``sources``: the hosts; empty: this host; ``outside``:
    the file about the outside; ``whole``: every container is read."""

    targets: tuple[str, ...] = ()
    origin: str | None = None
    size: int | None = None
    sources: tuple[Given, ...] = ()
    publics: tuple[str, ...] = ()
    outside: str | None = None
    after: str | None = None
    whole: bool = False

    @property
    def is_live(self) -> bool:
        """Whether every host is read now."""
        return all(each.kind == "host" for each in self.sources)

    def question(self, kind: "Kind" = "check") -> "Question":
        """Return the question; raises UsageError if a word of it is wrong."""
        from hairpin.cli.material import stated_world
        from hairpin.question.question import parse_question

        world = stated_world(self.outside)
        return parse_question(kind, self.targets, self.origin, self.publics, world, self.size, self.after)

    def words(self) -> tuple[str, ...]:
        """Return the arguments by which ``fix`` gets the same question, without ``--after`` and ``--all``, which it
        lacks."""
        options = (("--from", self.origin), ("--size", self.size), ("--outside", self.outside))
        return (
            *self.targets,
            *(word for name, value in options if value is not None for word in (name, str(value))),
            *(word for each in self.publics for word in ("--public", each)),
            *(word for each in self.sources for word in (f"--{each.kind}", each.text)),
        )

    def repairing(self) -> str:
        """Return the command that repairs the causes that ``check`` finds, quoted for a shell; empty if the hosts are
        not read now."""
        is_now = self.after is None and self.is_live
        return shlex.join(("hairpin", "fix", *self.words(), "--apply")) if is_now else ""


class Acting(NamedTuple):
    """How a plan is carried out, if it is.  ``persist``: with the lasting steps; ``yes``: without a question;
    ``try_s``: the plan is taken back after so many seconds; ``confirm``: the tried plan is kept."""

    applying: bool = False
    persist: bool = False
    yes: bool = False
    try_s: int | None = None
    confirm: bool = False

    def words(self) -> tuple[str, ...]:
        """Return the arguments for the command line."""
        flags = (("--apply", self.applying), ("--persist", self.persist), ("--yes", self.yes))
        return (
            *(word for word, is_set in flags if is_set),
            *(() if self.try_s is None else ("--try", str(self.try_s))),
        )


class Shown(NamedTuple):
    """How the answer is shown.  ``lang``: en or zh, the locale's if None; ``color``: auto, always or never; ``html``:
    the file of the page; ``-``: standard output, which then has only the page."""

    as_json: bool = False
    lang: str | None = None
    color: str = "auto"
    verbose: bool = False
    html: str | None = None

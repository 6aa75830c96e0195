"""What a command is asked, how it acts, and how its answer is shown: the values that the options of several commands
make.

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
    """What is asked, as typed.  ``origin``: ``--from``; ``sources``: the hosts, this one if none; ``outside``: the file
    that says what is outside of them; ``whole``: every container is read."""

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
        """Return the question; raises UsageError where a word of it is wrong."""
        from hairpin.cli.material import stated_world
        from hairpin.question.question import parse_question

        world = stated_world(self.outside)
        return parse_question(kind, self.targets, self.origin, self.publics, world, self.size, self.after)

    def words(self) -> tuple[str, ...]:
        """Return the words with which ``fix`` is asked the same: it has no ``--after`` and no ``--all``."""
        options = (("--from", self.origin), ("--size", self.size), ("--outside", self.outside))
        return (
            *self.targets,
            *(word for name, value in options if value is not None for word in (name, str(value))),
            *(word for each in self.publics for word in ("--public", each)),
            *(word for each in self.sources for word in (f"--{each.kind}", each.text)),
        )

    def repairing(self) -> str:
        """Return the command that repairs what ``check`` finds, quoted for a shell; empty if it is not about hosts as
        they are now."""
        is_now = self.after is None and self.is_live
        return shlex.join(("hairpin", "fix", *self.words(), "--apply")) if is_now else ""


class Acting(NamedTuple):
    """How a plan is carried out, if it is.  ``persist``: with what keeps it after a reboot; ``yes``: nobody is asked;
    ``try_s``: it is taken back after so many seconds; ``confirm``: what is being tried is kept."""

    applying: bool = False
    persist: bool = False
    yes: bool = False
    try_s: int | None = None
    confirm: bool = False

    def words(self) -> tuple[str, ...]:
        """Return its words of the command line."""
        flags = (("--apply", self.applying), ("--persist", self.persist), ("--yes", self.yes))
        return (
            *(word for word, is_set in flags if is_set),
            *(() if self.try_s is None else ("--try", str(self.try_s))),
        )


class Shown(NamedTuple):
    """How the answer is shown.  ``lang``: en or zh, the locale's if None; ``color``: auto, always or never; ``html``:
    the file of the page, ``-`` for standard output, which then has nothing else."""

    as_json: bool = False
    lang: str | None = None
    color: str = "auto"
    verbose: bool = False
    html: str | None = None

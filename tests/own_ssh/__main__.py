"""``python -m tests.own_ssh`` (root): ``make own-ssh``.

Prints a line for each plan in each kind of session.  The exit status is 1 if a plan that cuts the session was kept, one
that does not was taken back, or the host is not as it was.
"""

import sys
from collections.abc import Iterator, Sequence

from tests.guests.packages import install
from tests.machine.command import add_words, command, has_word
from tests.machine.run import tell
from tests.own_ssh.kinds import KINDS
from tests.own_ssh.trial import Result, setting, tried
from tests.own_ssh.variants import VARIANTS

_HEAD = f"{'plan':<34} {'session':<31} {'became':<11} {'s':>6}  {'old session':<11} {'new login':<9}"


def main() -> int:
    """Try the plans; return the exit status."""
    parser = command("tests.own_ssh", "Plans that cut the session by which they are typed, and plans that do not.")
    add_words(parser, "--kinds", "plans whose names have one of the words")
    add_words(parser, "--variants", "sessions whose names have one of the words")
    parser.add_argument("--seconds", type=float, default=12.0, help="the switch's deadline")
    arguments = parser.parse_args()
    kinds = [name for name in KINDS if has_word(name, arguments.kinds)]
    variants = [name for name in VARIANTS if has_word(name, arguments.variants)]
    install(("tmux", "tmux"))
    found = _tried(kinds, variants, arguments.seconds)
    return tell(found, _lines, lambda each: not each.is_right, head=_HEAD, table=_table)


def _tried(kinds: list[str], variants: list[str], seconds: float) -> Iterator[Result]:
    for variant in variants:
        with setting() as at:
            for kind in kinds:
                if not (VARIANTS[variant].blind and KINDS[kind].only_new):
                    yield tried(at, kind, variant, seconds)


def _lines(result: Result) -> Iterator[str]:
    session = "-" if result.session is None else "goes on" if result.session else "lost"
    wrong = "" if result.is_right else "  ".join(("  WRONG", *result.left))
    yield (
        f"{result.kind:<34} {result.variant:<31} {result.state:<11} {result.seconds:6.1f}  {session:<11} "
        f"{'yes' if result.login else 'no':<9}{wrong}  {result.said}"
    )


def _table(results: Sequence[Result]) -> Iterator[str]:
    for name, cuts in (("cut", True), ("do not cut", False)):
        some = [each for each in results if KINDS[each.kind].cuts is cuts]
        back = [each for each in some if each.state == "taken-back"]
        latest = max((each.seconds for each in back), default=0.0)
        right = sum(each.is_right for each in some)
        yield f"{len(some)} that {name}: {len(back)} taken back, the latest after {latest:.1f} s; {right} right"


if __name__ == "__main__":
    sys.exit(main())

"""``apply.sh`` with a moment before and behind each mark, each move of a plan's state and each act, and inside of acts.

At the moment of a number it does what it is told to, such as to end itself by SIGKILL.
"""

from pathlib import Path

import msgspec

from hairpin.apply.program import outpost

_WATCHED = {"mark": "a mark", "move": "a move", "run_command": "a command", "replace_file": "a file"}
_MOMENTS = """
case $1 in ask) MOMENTS_OF="$PPID $$" ;; *) MOMENTS_OF=$$ ;; esac
is_moment() {
    read -r moments_left <FOLDER/left
    read -r moment_at _ </proc/uptime
    printf '%s\\t%s\\n' "$moment_at" "$1" >>FOLDER/labels
    [ "$moments_left" = met ] || echo $((moments_left - 1)) >FOLDER/left
    [ "$moments_left" = 0 ] || return 1
    echo met >FOLDER/left
}
"""
_AROUND = """
NAME() {
    case NAME in
        run_command) moment_word=$2; [ "$2" != nsenter ] || moment_word=$8 ;;
        replace_file) moment_word="replacement"; [ -e "$act.after" ] || moment_word=deletion ;;
        *) moment_word= ;;
    esac
    moment_of="WHOSE ${moment_word##*/}"
    ! is_moment "before $moment_of" || { WHAT; }
    case NAME in
        run_command | replace_file) ! is_moment "inside $moment_of" || { (sleep "$(cat FOLDER/within)"; WHAT) & } ;;
    esac
    inner_NAME "$@"; set -- $? "$moment_of"
    case NAME in run_command | replace_file) [ "$(cat FOLDER/left)" != met ] || wait ;; esac
    ! is_moment "after $2" || { WHAT; }
    return "$1"
}
"""
KILL_BOTH = "kill -9 $MOMENTS_OF"
"""Ends the program, and the hairpin that has asked; of a switch, it alone."""
KILL_ALL = f'! is_alive "$PLAN/keeper" || kill -9 "${{owner% *}}"; {KILL_BOTH}'
"""Ends the switch, too."""
KILL = "kill -9 $$"


class Moments(msgspec.Struct, frozen=True):
    """The moments that are counted in a folder.  ``what``: what the program does at the moment of the number."""

    folder: Path
    what: str = KILL

    def at(self, number: int, within_s: float = 0.0) -> None:
        """Begin to count: the program stops at the moment of that number; -1: at none.  ``within_s``: of a moment
        inside an act, so long after its beginning."""
        (self.folder / "left").write_text(f"{number}\n")
        (self.folder / "within").write_text(f"{within_s:.3f}\n")
        (self.folder / "labels").write_text("")

    @property
    def was_met(self) -> bool:
        """Whether the program has come to the moment."""
        return (self.folder / "left").read_text() == "met\n"

    @property
    def labels(self) -> list[tuple[str, float]]:
        """What the moments were, each with the seconds until the next one."""
        lines = [each.split("\t") for each in (self.folder / "labels").read_text().splitlines()]
        then = [float(at) for at, _ in lines[1:]]
        return [(label.strip(), after - float(at)) for (at, label), after in zip(lines, (*then, 0.0), strict=False)]

    def program(self) -> bytes:
        """Return the program with its moments."""
        text, added = outpost.program().decode(), _MOMENTS
        for name, whose in _WATCHED.items():
            assert text.count(f"\n{name}() {{") == 1
            text = text.replace(f"\n{name}() {{", f"\ninner_{name}() {{")
            added += _AROUND.replace("NAME", name).replace("WHOSE", whose)
        added = added.replace("WHAT", self.what).replace("FOLDER", str(self.folder))
        return text.replace("\nTAB=", f"\n{added}\nTAB=", 1).encode()

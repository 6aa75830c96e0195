"""What a fresh Debian lacked is named, and what this machine's pip is told is read."""

from pathlib import Path

from tests.rows import each_row
from tools.bare.__main__ import readme_commands
from tools.bare.groups import hierarchies
from tools.bare.lacks import lacks
from tools.bare.tree import paths_in, settings_of_pip

LACKED: dict[str, tuple[str, tuple[str, ...]]] = {
    "a program that Python started": ("E   FileNotFoundError: [Errno 2] No such file or directory: 'sudo'", ("sudo",)),
    "a program of a shell's": ("sh: 1: killall: not found", ("killall",)),
    "a program of bash's": ("tools/setup.sh: line 3: git: command not found", ("git",)),
    "a program that env started": ("env: 'tmux': No such file or directory", ("tmux",)),
    "a program that nsenter started": ("nsenter: failed to execute runuser: No such file or directory", ("runuser",)),
    "a library": ("node: error while loading shared libraries: libx.so.1: cannot open shared object", ("libx.so.1",)),
    "a module": ("ModuleNotFoundError: No module named 'venv'", ("venv",)),
    "what a sentence says": ("E: debootstrap is not installed", ("debootstrap",)),
    "a package": ("E: Unable to locate package chromium", ("chromium",)),
    "a line of a test that is quoted": ('    assert said == "sh: 1: tmux: not found"', ()),
    "what apt does without": ("debconf: delaying package configuration, since apt-utils is not installed", ()),
    "a test that fails for another reason": ("E   assert 3 == 4", ()),
}


@each_row(("line", "names"), LACKED.values(), ids=LACKED)
def test_what_was_missing(line: str, names: tuple[str, ...]) -> None:
    assert tuple(each.partition(" ")[0] for each in lacks(f"a line\n{line}\n")) == names


def test_the_most_frequent_stands_first() -> None:
    assert lacks("a: not found\nb: not found\nb: not found\n") == ("b (2 lines)", "a (1 lines)")


def test_the_environment_wins_over_files() -> None:
    listed = ":env:.timeout='180'\nglobal.timeout='15'\nglobal.extra-index-url='file:///srv/one\\nfile:///srv/two'\n"
    assert dict(settings_of_pip(listed)) == {"timeout": "180", "extra-index-url": "file:///srv/one file:///srv/two"}


def test_paths_of_a_setting() -> None:
    assert paths_in("file:///srv/index /srv/wheels 180 https://host/simple") == (
        Path("/srv/index"),
        Path("/srv/wheels"),
    )


def test_hierarchies_are_mounts_below_the_tree_of_control_groups() -> None:
    assert all(
        kind in ("cgroup", "cgroup2") and place.startswith("/sys/fs/cgroup") and "rw" not in options.split(",")
        for kind, place, options in hierarchies()
    )


def test_the_commands_are_those_of_the_page() -> None:
    assert readme_commands() == ("make demo", "make test")
    assert readme_commands(" ARGS=-x") == ("make demo", "make test ARGS=-x")

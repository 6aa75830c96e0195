"""The files of sysctl.d are applied: each key that they name, in their order, to the interfaces that are there."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from hairpin.change.change import ReplaceSysctls
from hairpin.events.course import Course
from hairpin.host.boot.sysctl_files import Setting, assignments, assignments_of, is_pattern
from hairpin.host.managers import ConfigFile
from hairpin.host.sysctl import Path


def with_files_applied(course: Course) -> Course:
    """Return the course after ``sysctl --system``.

    A key that the host does not have is not set.  ``-KEY`` without a value keeps a pattern away from KEY: such lines
    assign nothing, and no key of theirs is set here either."""
    return _with_lines(course, assignments(course.host.files))


def with_file_applied(course: Course, file: ConfigFile) -> Course:
    """Return the course after ``sysctl -p FILE``."""
    return _with_lines(course, assignments_of(file))


def with_text_applied(course: Course, text: str, source: str) -> Course:
    """Return the course after ``sysctl -w`` of each line ``KEY = VALUE``."""
    return with_file_applied(course, ConfigFile(source, text))


def _with_lines(course: Course, lines: tuple[tuple[Path, Setting], ...]) -> Course:
    values = tuple(_values(course, lines))
    return course.made(ReplaceSysctls(course.host.netns, values)) if values else course


def _values(course: Course, lines: tuple[tuple[Path, Setting], ...]) -> Iterator[tuple[Path, str]]:
    explicit = {path for path, _ in lines if not is_pattern(path)}
    known = course.namespace.sysctls.values
    for path, setting in lines:
        if not is_pattern(path):
            if path in known:
                yield path, setting.value
            continue
        for each in known:
            if len(each) == len(path) and each not in explicit and all(map(fnmatchcase, each, path)):
                yield each, setting.value

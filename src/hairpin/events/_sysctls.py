"""The files of sysctl.d are applied: each key that they name, in their order, to the interfaces that are there."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from hairpin.change.change import ReplaceSysctls
from hairpin.events.course import Course
from hairpin.host.boot.sysctl_files import assignments, is_pattern
from hairpin.host.sysctl import Path


def with_files_applied(course: Course) -> Course:
    """Return the course after ``sysctl --system``.

    A key that the host does not have is not set.  ``-KEY`` without a value keeps a pattern away from KEY: such lines
    assign nothing, and no key of theirs is set here either."""
    values = tuple(_values(course))
    return course.made(ReplaceSysctls(course.host.netns, values)) if values else course


def _values(course: Course) -> Iterator[tuple[Path, str]]:
    lines = assignments(course.host.files)
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

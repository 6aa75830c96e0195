"""Addresses are deleted one after another, because the kernel may delete other addresses together with one."""

from collections.abc import Callable

from hairpin.change.change import DeleteEntry
from hairpin.events.course import Course
from hairpin.host.link import Address


def without_addresses(course: Course, fits: Callable[[Address], bool]) -> Course:
    """Return the course without these addresses.

    The addresses are deleted one after another, because the kernel may promote a secondary address, or delete it with
    its primary."""
    while (found := next((each for each in course.namespace.addresses if fits(each)), None)) is not None:
        course = course.made(DeleteEntry(course.host.netns, found))
    return course

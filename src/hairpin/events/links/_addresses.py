"""Deletes addresses one after another, because the kernel may delete further addresses together with an address."""

from collections.abc import Callable

from hairpin.change.change import DeleteEntry
from hairpin.events.course import Course
from hairpin.host.link import Address


def without_addresses(course: Course, fits: Callable[[Address], bool]) -> Course:
    """Return the course without the addresses for which ``fits`` is true.

    The addresses are deleted one after another, because the kernel may promote a secondary address, or delete a
    secondary address together with its primary address."""
    while (found := next((each for each in course.namespace.addresses if fits(each)), None)) is not None:
        course = course.made(DeleteEntry(course.host.netns, found))
    return course

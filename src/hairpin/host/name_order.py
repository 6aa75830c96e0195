"""The order in which people sort names with numbers: ``web-2`` before ``web-10``."""

import re

_NUMBER = re.compile(r"([0-9]+)")


def name_order(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts the numbers in names by their value."""
    return [(int(each), "") if each.isdecimal() else (-1, each) for each in _NUMBER.split(name)]

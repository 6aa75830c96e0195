"""Calls and typed commands that a wider one of the same kind makes needless."""

import msgspec

from hairpin.change.calls import AllowInUfw, Call

ALL_ACCEPTED = "--set-target=ACCEPT"
"""The option of firewall-cmd with which a policy accepts every packet between its zones."""


def without_narrower(calls: list[Call]) -> list[Call]:
    """Return the calls without each call of ufw for one port, if another call opens every port on the same way."""
    replace = msgspec.structs.replace
    return [
        each
        for each in calls
        if not (isinstance(each, AllowInUfw) and each.port and replace(each, port=0, protocol="") in calls)
    ]


def without_narrower_lines(lines: list[str]) -> list[str]:
    """Return the typed commands without those that add one port or protocol to a policy of firewalld, if another
    command makes the same policy accept every packet."""
    whole = [each.removesuffix(ALL_ACCEPTED) for each in lines if each.endswith(f" {ALL_ACCEPTED}")]
    narrow = tuple(f"{each}--add-{what}=" for each in whole for what in ("port", "protocol"))
    return [each for each in lines if not each.startswith(narrow)]

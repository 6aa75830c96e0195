"""The moment of a reading, in the namespaces whose rules depend on it."""

from datetime import UTC, datetime

import msgspec

from hairpin.host.host import Namespace
from hairpin.kept import kept
from hairpin.netfilter.ir import Chain, Ruleset, StatefulMatch
from hairpin.netfilter.limit import TimeWindow


def with_clock(namespace: Namespace, taken_at: str) -> Namespace:
    """Return the namespace with the moment of its reading, if one of its rules depends on the time."""
    windows = time_windows(namespace.ruleset)
    now_s = _seconds(taken_at) if windows else None
    return namespace if now_s is None else msgspec.structs.replace(namespace, now_s=now_s)


def time_windows(ruleset: Ruleset) -> tuple[TimeWindow, ...]:
    """Return the windows of time that rules compare, each once."""
    return tuple(dict.fromkeys(each for table in ruleset.tables for chain in table.chains for each in _windows(chain)))


@kept
def _windows(chain: Chain) -> tuple[TimeWindow, ...]:
    return tuple(
        part.limit
        for rule in chain.rules
        for part in rule.body
        if isinstance(part, StatefulMatch) and isinstance(part.limit, TimeWindow)
    )


def _seconds(taken_at: str) -> int | None:
    """Return the moment in seconds since 1970; None if the text does not name its time zone."""
    try:
        moment = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return int(moment.astimezone(UTC).timestamp()) if moment.tzinfo is not None else None

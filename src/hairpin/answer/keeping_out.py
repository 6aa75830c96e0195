"""The line about clients that a rule or a set keeps out while others get in: one for a host, and never blocking."""

from hairpin.diagnose.singled_out import SingledOut
from hairpin.message import Message, message
from hairpin.wanted import ask_from


def line_of(found: SingledOut) -> Message:
    """Return the line: the clients that are known, and how many rules and sets drop others."""
    if not found.clients:
        return _counted(found)
    facts = {"clients": ", ".join(found.clients), "target": found.target, "asking": ask_from(found.clients[0])}
    said = message(
        "{clients} does not get through to {target}, others do: a rule for single clients is meant; why: {asking}",
        **facts,
    )
    if len(found.clients) > 1:
        said = message(
            "{clients} do not get through to {target}, others do: rules for single clients are meant; why: {asking}",
            **facts,
        )
    if not found.rules and not found.sets:
        return said
    return message("{said}. {counted}", said=said, counted=_counted(found))


def _counted(found: SingledOut) -> Message:
    asking = ask_from("ADDRESS")
    if found.rules and found.sets:
        return message(
            "{rules} and {sets} drop single clients; ask {asking}",
            rules=_rules(found.rules),
            sets=_sets(found.sets),
            asking=asking,
        )
    which = _rules(found.rules) if found.rules else _sets(found.sets)
    if found.rules + found.sets > 1:
        return message("{which} drop single clients; ask {asking}", which=which, asking=asking)
    return message("{which} drops single clients; ask {asking}", which=which, asking=asking)


def _rules(count: int) -> Message:
    return message("1 rule") if count == 1 else message("{count} rules", count=count)


def _sets(count: int) -> Message:
    return message("1 set") if count == 1 else message("{count} sets", count=count)

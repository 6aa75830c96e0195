"""The sentences that send a person to a container's log, and the same sentences once hairpin has quoted the log."""

from hairpin.message import Message, message


def read_log(command: str) -> Message:
    """Return the advice to read the log of a service that does not listen."""
    return message("read the service's log: {command}", command=command)


def read_end(command: str) -> Message:
    """Return the advice to read the log of a container that has ended."""
    return message("read why the container ended: {command}", command=command)


def repair_service(container: str, command: str) -> Message:
    """Return the advice to repair the service that its log may explain."""
    return message(
        "start or repair the service in {container}; this shows its log: `{command}`",
        container=container,
        command=command,
    )


def find_end(command: str, start: str = "") -> Message:
    """Return the advice to find out in its log why a container ends.  ``start``: the command that starts it then; empty
    if something starts it again by itself."""
    if start:
        return message(
            "find out what ended the container: {command}; then start it: {start}", command=command, start=start
        )
    return message("find out what ends the container: {command}", command=command)


_NOTES = frozenset({read_log("").template, read_end("").template})
_REPAIR, _FIND = repair_service("", "").template, find_end("").template
_FIND_AND_START = find_end("", "-").template


def with_log_told(said: Message, command: str) -> Message | None:
    """Return the sentence as it reads beside the log's own lines; None if the lines say all of it.

    ``command``: the command that shows the quoted log.  Any other sentence is returned unchanged."""
    values = dict(said.values)
    if values.get("command") != command:
        return said
    if said.template in _NOTES:
        return None
    if said.template == _REPAIR:
        return message(
            "start or repair the service in {container} (`{command}` shows the rest of its log)",
            container=values["container"],
            command=command,
        )
    if said.template == _FIND:
        return message("remove the reason that its log names (`{command}` shows the rest of the log)", command=command)
    if said.template == _FIND_AND_START:
        return message(
            "remove the reason that its log names (`{command}` shows the rest of the log), then start it: {start}",
            command=command,
            start=values["start"],
        )
    return said

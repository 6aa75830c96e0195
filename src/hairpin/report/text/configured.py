"""The sentences that say where a setting is configured, or that a state is an administrator's decision."""

from typing import assert_never

from hairpin.host.boot.configured import Configured
from hairpin.message import Message, message
from hairpin.remedy.remedy import OwnersDecision


def configured_text(found: Configured) -> Message:
    """Return the sentence that names the file with the setting, or the option and the object that has the option."""
    if found.file and found.line:
        return message("Line {line} of {file} configures this.", file=found.file, line=found.line)
    match found.writer:
        case "engine-option":
            return message("dockerd's option {option} configures this.", option=found.option)
        case "network-option" if not found.option:
            return message("This is by design: {owner} were made as separate networks.", owner=found.owner)
        case "network-option":
            return message(
                "This is configured: network {owner} was made with {option}.", owner=found.owner, option=found.option
            )
        case "container-option":
            return message(
                "This is configured: container {owner} was made with {option}.", owner=found.owner, option=found.option
            )
        case "manager":
            return message("{owner} configures this and keeps it so.", owner=found.owner)
        case "saved-rules" | "sysctl-file" | "unit-file":
            return message("{file} configures this.", file=found.file)
        case _:
            assert_never(found.writer)


def decision_text(found: OwnersDecision) -> Message:
    """Return the sentence that says by which sign hairpin recognises the decision, and what to ask its owner."""
    if not found.sure:
        return message("Nothing that was read tells who ended it: {said}. {ask}.", said=found.said, ask=found.ask)
    return message("This is the decision of a person: {said}. {ask}.", said=found.said, ask=found.ask)


def undoing_text(found: OwnersDecision) -> Message:
    """Return the sentence that says which decision a repair undoes."""
    return message("This repair undoes the decision of a person: {said}. {ask}.", said=found.said, ask=found.ask)

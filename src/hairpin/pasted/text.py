"""The entry: from a pasted text to the evidence of each host that it describes."""

from hairpin.evidence.reading import Evidence
from hairpin.pasted.form import Command, Found, Recognised
from hairpin.pasted.joining import Output, evidence_of
from hairpin.pasted.recognise import outputs, paste_of


def evidence_in_text(text: str, *, label: str = "") -> Evidence:
    """Return the evidence of the host that the text describes.  ``label``: the host's name in the answer.

    The evidence of a text in which nothing was recognised has the list of what was recognised, which is empty, and no
    other reading."""
    paste = paste_of(text)
    found = tuple(_output(index, command, each) for index, command, each in outputs(paste))
    names = [each.recognised.host for each in found if each.recognised.host]
    return evidence_of(found, name=label or (names[0] if names else ""))


def _output(index: int, command: Command, found: Found) -> Output:
    taken = Recognised(index + 1, found.end, found.told, command.host)
    return Output(taken, command.text or found.told, found.parts)

"""What a text becomes, in short: for tests of the forms."""

from pathlib import Path
from typing import Any

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.pasted.joining import UNRECOGNISED
from hairpin.pasted.text import evidence_in_texts

RECORDED = Path(__file__).parent / "recorded"


def evidence_in_text(text: str) -> Evidence:
    """Return the evidence of the text without the lines that are no part of an output."""
    found = evidence_in_texts((text,))
    kept = tuple(each for each in found.readings if each.key != UNRECOGNISED)
    return msgspec.structs.replace(found, readings=kept)


def host_in(text: str) -> Host:
    """Return the host that the readings of the text make."""
    return parse(evidence_in_text(text))


def keys_in(text: str) -> tuple[str, ...]:
    """Return the keys of the readings, without the list of what was recognised."""
    return tuple(each.key for each in evidence_in_text(text).readings if each.key != "pasted")


def recognised_in(text: str) -> tuple[str, ...]:
    """Return what the lines were taken for."""
    (listed,) = (each for each in evidence_in_text(text).readings if each.key == "pasted")
    return tuple(msgspec.json.decode(line)["as"] for line in listed.text.splitlines())


def text_of(text: str, key: str) -> str:
    """Return the text of the one reading with this key."""
    (reading,) = (each for each in evidence_in_text(text).readings if each.key == key)
    return reading.text


def outcomes_in(text: str) -> list[tuple[Any, ...]]:
    """Return host, port, result and place of each outcome, in the order of the text."""
    lines = (
        line for each in evidence_in_text(text).readings if each.key == "outcome" for line in each.text.splitlines()
    )
    found = sorted((msgspec.json.decode(line) for line in lines), key=lambda each: each["line"])
    return [(each["host"], each["port"], each["result"], each["from"]) for each in found]


def containers_in(text: str) -> dict[str, Container]:
    """Return the containers of all engines by their names."""
    return {each.name: each for each in host_in(text).containers()}


def output_of(recorded: str, command: str) -> str:
    """Return the recorded command with its output.  ``recorded``: the file's name."""
    text = (RECORDED / recorded).read_text()
    prompt = "[root@srv ~]# "
    output = text.partition(f"{prompt}{command}\n")[2].partition(prompt)[0]
    return f"{prompt}{command}\n{output}"

"""The bare runner: carries acts out in the namespaces of this process, with a fixed environment and without a shell."""

import os
import re
import subprocess
from contextlib import ExitStack
from typing import BinaryIO, assert_never

from hairpin.carry.act import Act, Acting, Command, Done, Replace, ended_with
from hairpin.carry.files import replace_file
from hairpin.message import Message, message, verbatim

_OF_HOST = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SEARCH_PATH = ":".join(filter(None, (_OF_HOST, os.environ.get("HAIRPIN_TOOLS"))))
"""The folders of programs: the host's, and then those of hairpin's image, if this process runs in it
(``collect/image.py``)."""
_ENVIRONMENT = {"PATH": SEARCH_PATH, "LC_ALL": "C"}
_LIMIT_S = 60.0
_REFUSED, _LATE, _NOT_FOUND = 1, 124, 127
"""The exit statuses of acts.  The last two are the statuses of timeout(1) and of a shell that does not find the
program."""


_NAMES_PROGRAM = re.compile(r"(?:^|\s)(?:--mo(?:d|dp|dpr|dpro|dprob|dprobe)?(?=[=\s]|$)|-[^-\s]*M)")


def names_program(rule: str) -> bool:
    """Return whether a rule names a program that iptables would run: ``--modprobe PROGRAM``, ``-M``.

    getopt_long(3) also accepts abbreviations of the long option.  Quotes and backslashes in the rule cannot hide the
    option.  Source: iptables(8)"""
    return _NAMES_PROGRAM.search(re.sub(r"[\"'\\]", "", rule)) is not None


def why_refused(command: Command) -> Message | None:
    """Return why the command is never run: with this command, iptables would start another program.  Return None if the
    command may be run."""
    program = command.argv[0]
    if "tables" in program and any(map(names_program, (*command.argv[1:], *command.text.split("\n")))):
        return message(
            "the command names a program that {program} would start, so hairpin does not run the command",
            program=program,
        )
    return None


def carry_out(acting: Acting) -> Message | None:
    """Carry out the acts in order; return the complaint, or None if all acts were done."""
    try:
        act = next(acting)
        while True:
            act = acting.send(do(act))
    except StopIteration as ended:
        complaint: Message | None = ended.value
        return complaint


def do(act: Act) -> Done:
    """Do one act, and return its result."""
    match act:
        case Command():
            return _run(act)
        case Replace():
            complaint = replace_file(act)
            return Done(0 if complaint is None else _REFUSED, complaint=complaint)
        case _:
            assert_never(act)


def _run(command: Command) -> Done:
    refused = why_refused(command)
    if refused is not None:
        return Done(_REFUSED, complaint=refused)
    try:
        status, printed, said = _ran(command)
    except FileNotFoundError:
        return Done(_NOT_FOUND, complaint=message("{program} is not installed", program=command.argv[0]))
    except subprocess.TimeoutExpired:
        return Done(
            _LATE,
            complaint=message(
                "{program} did not end within {seconds} s", program=command.argv[0], seconds=f"{_LIMIT_S:.0f}"
            ),
        )
    if not status:
        return Done(0, printed)
    complaint = verbatim(said.strip()) if said.strip() else ended_with(command, status)
    return Done(status, printed, complaint)


def _ran(command: Command) -> tuple[int, str, str]:
    """Run the command, and return its exit status, standard output and standard error.

    Standard input and output are memory files, not pipes.  So if this process is killed, the command can still read its
    whole input, and is not ended by SIGPIPE when it prints.  Source: memfd_create(2), signal(7) ``SIGPIPE``"""
    with ExitStack() as stack:
        given, printed, said = (stack.enter_context(os.fdopen(os.memfd_create("hairpin"), "w+b")) for _ in range(3))
        given.write(command.text.encode("utf-8", "surrogateescape"))
        given.seek(0)
        status = subprocess.run(
            command.argv, stdin=given, stdout=printed, stderr=said, check=False, env=_ENVIRONMENT, timeout=_LIMIT_S
        ).returncode
        return status, _text(printed), _text(said)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")

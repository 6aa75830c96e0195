"""The requests to ``apply.sh`` and its answers, as bytes.

    request := [program] TOKEN NL base NL verb (" " argument)* NL (file* | line*) NL
    file    := name " " count NL byte*          exactly count bytes
    answer  := noise* frame*
    frame   := TOKEN (TAB field)* NL            "bytes" NAME COUNT is followed by COUNT bytes and NL

Each request has a new random token, so that no other output of the host can look like a frame.
"""

import msgspec

from hairpin.apply.kept_plan import StepState
from hairpin.errors import CollectError
from hairpin.message import message

_LAST_LINE = b"#end\n"


class AnswerLine(msgspec.Struct, frozen=True):
    """One line of an answer.  ``payload``: the bytes that follow the line."""

    word: str
    fields: tuple[str, ...] = ()
    payload: bytes | None = None


class Reply(msgspec.Struct, frozen=True):
    """An answer.  ``connection``: the ssh connection, in the form of SSH_CONNECTION.  ``whole``: whether the answer is
    complete."""

    boot_id: str
    connection: str
    frames: tuple[AnswerLine, ...]
    whole: bool

    @property
    def refused(self) -> tuple[str, ...] | None:
        """Why the request was refused; None if it was not refused."""
        return next((each.fields for each in self.frames if each.word == "refused"), None)

    def all(self, word: str) -> tuple[AnswerLine, ...]:
        """Return the frames of the answer whose first field is the word."""
        return tuple(each for each in self.frames if each.word == word)


def request(
    program: bytes, token: str, base: str, words: tuple[str, ...], files: dict[str, bytes], lines: tuple[str, ...]
) -> bytes:
    """Return the bytes for the shell's standard input: the program, then the request.  ``program`` is empty if the
    shell already has the program."""
    assert not program or program.endswith(_LAST_LINE)
    head = "".join(f"{each}\n" for each in (token, base, " ".join(words), *lines)).encode("utf-8", "surrogateescape")
    parts = (b"%s %d\n%s" % (name.encode(), len(content), content) for name, content in files.items())
    return b"".join((program, head, *parts, b"\n"))


def reply(output: bytes, token: str, name: str) -> Reply:
    """Return the answer that the bytes contain; raise CollectError if the program did not start.  ``name`` is the
    host's name for messages."""
    start = output.find(f"{token}\tbegin\t".encode())
    if start < 0:
        said = output[:300].decode("utf-8", "replace").strip()
        raise CollectError(message("{name}: the program did not start; it printed: {output}", name=name, output=said))
    frames = tuple(_frames(memoryview(output)[start:], token.encode()))
    boot_id, connection = (*frames[0].fields, "", "")[:2]
    whole = frames[-1].word in ("done", "refused")
    return Reply(boot_id, connection, frames[1:], whole)


def _frames(left: memoryview, token: bytes) -> list[AnswerLine]:
    data = bytes(left)
    frames: list[AnswerLine] = []
    at = 0
    while (end := data.find(b"\n", at)) >= 0 and data.startswith(token + b"\t", at):
        word, *fields = data[at + len(token) + 1 : end].decode("utf-8", "surrogateescape").split("\t")
        at = end + 1
        payload = None
        if word == "bytes":
            count = int(fields[1])
            payload = data[at : at + count]
            if len(payload) < count:
                break
            at += count + 1
        frames.append(AnswerLine(word, tuple(fields), payload))
    return frames


def marks(journal: bytes) -> dict[int, tuple[StepState, str]]:
    """Return each task's state and reason, as the task's last complete line in the journal states them."""
    found: dict[int, tuple[StepState, str]] = {}
    for line in journal.decode("utf-8", "replace").split("\n"):
        words = line.split("\t")
        if len(words) == 6 and words[1] == "task" and words[5] == ".":
            found[int(words[2])] = msgspec.convert(words[3], StepState), words[4]
    return found

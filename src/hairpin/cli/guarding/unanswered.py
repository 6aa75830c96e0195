"""Says why the guard of this host did not answer, to a user who wants to know more."""

from hairpin.cli.face.output import whisper, words
from hairpin.message import Message, message

_REASONS: dict[str, Message] = {
    "refused": message("it refuses the question"),
    "hangs": message("it does not answer in time"),
    "version": message("it is of another version of hairpin"),
    "place": message("it runs in another namespace"),
    "rights": message("it lacks rights that this process has"),
    "busy": message("it answers others"),
    "failed": message("it could not answer"),
}


def say_unanswered(reason: str, lang: str | None) -> None:
    """Write why the command reads the host by itself."""
    told = message(
        "the guard of this host did not answer ({reason}), so hairpin reads the host itself",
        reason=_REASONS.get(reason, _REASONS["failed"]),
    )
    whisper(f"hairpin: {words(lang)(told)}\n")

"""Commands and options that are promised and not in this version, each with what does its job now."""

from hairpin.message import Message, message

_REPAIRS = message("`hairpin check` prints the repairs as commands")
_BOTH = message("take `hairpin snapshot` before and after, and check both files")
COMMANDS: dict[str, Message] = {
    "fix": _REPAIRS,
    "restore": _REPAIRS,
    "undo": message("hairpin has changed nothing, so there is nothing to take back"),
    "events": _BOTH,
    "diff": _BOTH,
    "explain": message("`hairpin check` names the causes that are at work on this host"),
    "story": message("`hairpin check` tells the state of now, `journalctl -u docker` what happened"),
    "ask": message("`hairpin check --host USER@HOST` reads a host over ssh, and nothing is installed there"),
    "guard": message("run `hairpin check --json` by a timer; its exit status is 0 while all is well"),
}
OPTIONS: dict[str, Message] = {
    "--after": _BOTH,
    "--live": message("`hairpin prove` sends the packet on a replica of the network"),
    "--text": message("`hairpin snapshot -o FILE` on that host, and `--snapshot FILE` here"),
}


def not_yet(word: str) -> Message:
    """Return that the command or option is not in this version, and what does its job."""
    instead = COMMANDS.get(word) or OPTIONS[word]
    return message("{word} is not in this version: {instead}", word=word, instead=instead)

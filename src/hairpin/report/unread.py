"""Writes why readings are missing and what stays undecided without them.  Also writes the notes about the evidence,
such as its age."""

from collections.abc import Iterable

from hairpin.answer.answer import Answer
from hairpin.evidence.reading import HOST
from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.words import Words

NOTE = message("note:")
_FEW = 2
"""The greatest number of origins of readings that a sentence about undecided parts names."""
_UNDECIDED: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("host",), message("everything about that host")),
    (("iptables", "nft", "ipset", "ebtables"), message("whether a rule drops or translates packets")),
    (("dockerd", "daemon-json"), message("how dockerd is configured")),
    (("swarm",), message("which ports the swarm's services publish")),
    (("docker", "podman"), message("which containers run, and which ports they publish")),
    (("namespaces", "netns"), message("what happens inside containers")),
    (("sockets", "proc-net"), message("which ports are listened on")),
    (("socket-owners", "halted", "frozen"), message("whether the process that holds a port answers")),
    (("sysctl",), message("whether a kernel setting stops packets")),
    (("conntrack",), message("how the kernel tracks and translates connections that are open now")),
    (("firewalld", "ufw"), message("how the firewall's manager is configured")),
    (("ip-", "bridge"), message("which way packets take")),
    (("replica",), message("whether the running kernel behaves as in the simulation")),
)


def left_undecided(unread: Unread) -> Message:
    """Return the sentence about the parts that stay undecided without the reading."""
    return next(
        (said for keys, said in _UNDECIDED if unread.key.startswith(keys)), message("part of this host's set-up")
    )


def refused_without_root(unread: Unread) -> bool:
    """Return whether the host refused the reading to a user who is not root.

    A reading of a container's namespace does not count, because even root cannot enter this namespace if the container
    has just ended."""
    reason = str(unread.reason)
    if unread.lacking:
        return False
    of_container = unread.netns not in ("", "host")
    return unread.key != HOST and not of_container and ("denied" in reason or "ermiss" in reason or "ermitt" in reason)


def rights_line(unread: Iterable[Unread]) -> Message | None:
    """Return the sentence about the rights that hairpin's container lacks for readings; None if it lacks none."""
    lacking = sorted({right for each in unread for right in each.lacking})
    if not lacking:
        return None
    return message(
        "hairpin could not read all of the host, because its container lacks {rights}: start the container with "
        "{options}.",
        rights=", ".join(f"CAP_{each}" for each in lacking),
        options=" ".join(f"--cap-add {each}" for each in lacking),
    )


def why_unread(unread: Unread, words: Words) -> str:
    """Return the reason why a reading is missing: in the reader's language, or as the host worded it."""
    return words(unread.reason) if isinstance(unread.reason, Message) else unread.reason


def as_far_as_read(said: Message, unread: object) -> Message:
    """Return the sentence.  If readings are missing, add that the sentence covers only the parts that were read."""
    return message("as far as hairpin could read: {said}", said=said) if unread else said


def unread_line(unread: Iterable[Unread], words: Words) -> str:
    """Return the line about missing readings that may change the answer.

    The line is empty if no missing reading may change the answer."""
    missing = tuple(unread)
    if not missing:
        return ""
    origins: dict[str, list[str]] = {}
    for each in missing:
        places = origins.setdefault(words(left_undecided(each)), [])
        if each.origin not in places:
            places.append(each.origin)
    what = "; ".join(f"{left} ({_named(places)})" for left, places in origins.items())
    lacking = rights_line(missing)
    if lacking is not None:
        return words(message("Not read, so undecided: {what}.  {lacking}", what=what, lacking=lacking))
    if any(map(refused_without_root, missing)):
        return words(message("Not read, so undecided: {what}.  Run hairpin as root.", what=what))
    return words(message("Not read, so undecided: {what}.", what=what))


def _named(origins: list[str]) -> str:
    return ", ".join((*origins[:_FEW], *(("…",) if len(origins) > _FEW else ())))


def write_unread(unread: Iterable[Unread], words: Words, paper: Paper) -> None:
    """Write the line about missing readings, if there are any."""
    line = unread_line(unread, words)
    if line:
        paper.gap()
        paper.prose(line, style="unsure")


def write_notes(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the notes about the evidence, such as its age, and the hosts that could not be read."""
    for said in (*answer.engines, *answer.elsewhere, *answer.notes):
        paper.gap()
        paper.prose(words(said), first=f"{words(NOTE)} ")
    for host in answer.network.hosts:
        if not host.was_read:
            paper.gap()
            why = message("{host} could not be read: {reason}", host=host.name, reason=host.unread[0].reason)
            paper.prose(words(why), style="unsure", first=f"{words(NOTE)} ")

"""Deletes a rule: and takes it out of the file that would bring it back."""

from hairpin.change.change import DeleteRule, Primitive
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.manager import NFTABLES_CONF, SAVED_V4, SAVED_V6
from hairpin.remedy.remedy import Lasting, PersistFile, RemedyKind, Situation
from hairpin.remedy.saved_rules import without_nft_line, without_rule


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, DeleteRule)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    edited: dict[str, PersistFile] = {}
    advice: list[Message] = []
    for part in parts:
        assert isinstance(part, DeleteRule)
        if not part.netns.is_host:
            advice.append(message("the rule is inside a container: whoever puts it there has to stop doing so"))
            continue
        found = _edits(part.place, situation, edited)
        edited |= {each.file: each for each in found}
        advice.append(_said(part.place, found))
    return Lasting(files=tuple(edited.values()), advice=tuple(advice))


def _edits(place: Place, situation: Situation, edited: dict[str, PersistFile]) -> list[PersistFile]:
    """Return the saved files that hold the rule, without it."""
    found: list[PersistFile] = []
    for file in situation.host.files:
        earlier = edited.get(file.path)
        now = ConfigFile(file.path, earlier.content) if earlier is not None else file
        content = _without(place, now)
        if content is not None:
            found.append(PersistFile(file.path, content, earlier.before if earlier is not None else file.text))
    return found


def _without(place: Place, file: ConfigFile) -> str | None:
    if place.dialect == "nft":
        is_script = file.path in NFTABLES_CONF or file.path.endswith(".nft") or "/nftables" in file.path
        return without_nft_line(file, place.chain, place.text) if is_script else None
    saved = SAVED_V6 if place.family == "ip6" else SAVED_V4
    if file.path not in saved:
        return None
    return without_rule(file, place.family, place.table, place.chain, place.text)


def _said(place: Place, found: list[PersistFile]) -> Message:
    if found:
        return message(
            "{files} brings the rule back at the next boot or reload: take it out there too",
            files=", ".join(each.file for each in found),
        )
    return message(
        "no saved ruleset that was read holds this rule ({table} {chain}): find the script or program that adds it, or "
        "it comes back",
        table=place.table,
        chain=place.chain,
    )


REMEDY = RemedyKind(id="delete-rule", order=20, handles=_handles, lasting=_lasting)

"""Sets a base chain's policy: dockerd sets FORWARD to DROP itself, so a file rarely keeps it open."""

from hairpin.change.change import Primitive, SetPolicy
from hairpin.message import Message, message
from hairpin.remedy.manager import SAVED_V4, SAVED_V6, manager
from hairpin.remedy.remedy import Lasting, PersistFile, RemedyKind, Situation
from hairpin.remedy.saved_rules import with_policy

_UFW_DEFAULT = "/etc/default/ufw"


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, SetPolicy)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    files: dict[str, PersistFile] = {}
    advice: list[Message] = []
    for part in parts:
        assert isinstance(part, SetPolicy)
        if not part.netns.is_host:
            continue
        found = _edits(part, situation)
        files |= {each.file: each for each in found}
        if not found:
            advice.append(
                message(
                    "no saved ruleset that was read sets the policy of {table} {chain}",
                    table=part.place.table,
                    chain=part.place.chain,
                )
            )
    return Lasting(files=tuple(files.values()), advice=tuple(advice))


def _edits(part: SetPolicy, situation: Situation) -> list[PersistFile]:
    place = part.place
    if manager(situation.host) == "ufw" and place.chain == "FORWARD":
        file = situation.file(_UFW_DEFAULT)
        wanted = f'DEFAULT_FORWARD_POLICY="{part.policy.upper()}"'
        lines = file.text.splitlines() if file is not None else []
        changed = [wanted if line.startswith("DEFAULT_FORWARD_POLICY=") else line for line in lines]
        if file is not None and changed != lines:
            return [PersistFile(_UFW_DEFAULT, "\n".join(changed) + "\n", file.text)]
    found: list[PersistFile] = []
    for file in situation.host.files:
        if place.dialect == "nft" or file.path not in (SAVED_V6 if place.family == "ip6" else SAVED_V4):
            continue
        content = with_policy(file.text, place.table, place.chain, part.policy)
        if content is not None:
            found.append(PersistFile(file.path, content, file.text))
    return found


REMEDY = RemedyKind(id="set-policy", order=28, handles=_handles, lasting=_lasting)

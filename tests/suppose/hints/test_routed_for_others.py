"""FORWARD with the policy DROP drops what the host forwards for others, unless a rule of theirs may accept it."""

from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.routed_for_others import dropped_for_others
from tests.rows import each_row
from tests.suppose.test_ordinary import host

_GUEST = "The VM behind incusbr0 gets no answer.\n"
_SIX = "IPv6 of my router's clients gets no answer.\n"
_RULES = "$ {0}tables -S FORWARD\n-P FORWARD {1}\n-A FORWARD -j DOCKER-USER\n{2}\n"
_OF_BRIDGE = "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT"
_NFT = (
    "$ nft list table ip6 filter\ntable ip6 filter {{\n\tchain FORWARD {{\n\t\ttype filter hook forward priority 0; "
    "policy {0};\n\t\tcounter jump DOCKER-USER\n\t}}\n\tchain DOCKER-USER {{\n\t}}\n}}\n"
)

CASES: dict[str, tuple[str, bool]] = {
    "a guest": (_GUEST + _RULES.format("ip", "DROP", _OF_BRIDGE), True),
    "IPv6 of others": (_SIX + _RULES.format("ip6", "DROP", ""), True),
    "IPv6, listed by nft": (_SIX + _NFT.format("drop"), True),
    "the policy accepts": (_GUEST + _RULES.format("ip", "ACCEPT", ""), False),
    "the policy accepts, listed by nft": (_SIX + _NFT.format("accept"), False),
    "a rule accepts all": (_GUEST + _RULES.format("ip", "DROP", "-A FORWARD -j ACCEPT"), False),
    "another program has a chain": (_GUEST + _RULES.format("ip", "DROP", "-A FORWARD -j ufw-before-forward"), False),
    "the trouble is IPv4's": (_GUEST + _RULES.format("ip6", "DROP", ""), False),
    "nobody but a container": ("The container gets no answer.\n" + _RULES.format("ip", "DROP", ""), False),
    "no rules": (_GUEST, False),
}


@each_row(("text", "is_found"), CASES.values(), ids=CASES)
def test_what_is_forwarded_for_others(text: str, *, is_found: bool) -> None:
    whole = host(text)
    assert whole.told is not None
    prose = prose_of(unrecognised_in(evidence_in_texts((text,))))
    found = [each.cause for each in dropped_for_others(prose, whole, whole.told)]
    assert found == (["forward-policy-drop"] if is_found else [])

"""Words of versions that are not installed here; the kernel's own listings are in tests/kernel/test_pasted_rules.py."""

from hairpin.pasted.forms.rules.listed_words import options_of, unknown_match
from tests.rows import each_row

WORDS: dict[str, str] = {
    "icmp type 8": "-m icmp --icmp-type 8",
    "icmptype 8": "-m icmp --icmp-type 8",
    "icmp echo-request": "-m icmp --icmp-type echo-request",
    "recent: UPDATE seconds: 60 hit_count: 4 name: SSH side: source": (
        "-m recent --update --seconds 60 --hitcount 4 --name SSH --rsource"
    ),
    "MARK match 0x1": "-m mark --mark 0x1",
    "mark match !0x1": "-m mark ! --mark 0x1",
    "multiport dports http,https": "-m multiport --dports 80,443",
    "multiport dports !80": "-m multiport ! --dports 80",
    "ADDRTYPE match dst-type !LOCAL": "-m addrtype ! --dst-type LOCAL",
    "owner UID match root": "-m owner --uid-owner 0",
    "owner UID match alice": unknown_match("words", "owner UID match alice"),
    "owner GID match 5 incl. suppl. groups": unknown_match("words", "owner GID match 5 incl. suppl. groups"),
}


@each_row(("words", "options"), WORDS.items())
def test_words(words: str, options: str) -> None:
    assert options_of(words, "ACCEPT") == ((options,), ())

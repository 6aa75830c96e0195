"""No character that a terminal obeys is left, whatever the text; what it means to a shell or to JSON stays."""

import json
import shlex
import subprocess
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from hairpin.report.printable import printable, printable_command, printable_json

ANY = st.text(st.characters(), max_size=40)
PLAIN = "eth0 → 中文 é '$x' \\ \u3000"


def obeyed(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}


@given(ANY)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert obeyed(printable(text)) == set()
    assert obeyed(printable_command(text)) == set()


def test_what_can_be_shown_stays() -> None:
    assert printable(PLAIN) == printable_command(PLAIN) == printable_json(PLAIN) == PLAIN


def test_spelling() -> None:
    assert printable("a\x1b[31m\x9b\u202e\U000e0041") == "a\\x1b[31m\\x9b\\u202e\\U000e0041"


def test_a_line_end_breaks_no_line() -> None:
    assert printable("one\n   two\r\nthree\u2028four\tfive") == "one two three four five"


@given(st.text(st.characters(max_codepoint=0x7F, exclude_characters="\0"), max_size=12))
def test_a_quoted_word_means_the_same_to_a_shell(word: str) -> None:
    shown = printable_command(f"printf %s {shlex.quote(word)}")
    assert subprocess.run(("bash", "-c", shown), capture_output=True, check=True).stdout.decode() == word


@given(st.text(max_size=40))
def test_json_means_the_same(text: str) -> None:
    shown = printable_json(json.dumps({"name": text}, ensure_ascii=False, indent=1))
    assert json.loads(shown) == {"name": text}
    assert obeyed(shown) <= {"\n"}

"""``tools/messages.py --check`` refuses a sentence that cannot be translated, and a translation that lacks a part."""

import ast

from tests.rows import each_row
from tests.whole import WHOLE
from tools.messages import DOMAINS, Domain, missing, raw, raw_in

LITERAL = 'message("{link} is down", link=name)'
RAW: dict[str, tuple[str, bool]] = {
    "a literal with names": (LITERAL, False),
    "one of two literals": ('message("is up" if up else "is down")', False),
    "a template made elsewhere": ("message(template, link=name)", True),
    "an f-string": ('message(f"{link} is down")', True),
    "a word as a value": ('message("is {state}", state="down")', False),
    "a message as a value": ('message("if {it}", it=message("it is down"))', False),
    "words of a command as a value": ('message("by {hop}", hop=f"dev {link}")', False),
    "a sentence as a value": ('message("if {it}", it="it is down")', True),
    "one of two sentences as a value": ('message("if {it}", it="it is down" if up else "")', True),
    "a sentence made up as a value": ('message("if {it}", it=f"{link} is not up")', True),
    "a message by hand": ('Message("is down", ())', True),
    "a tool's own words": ("verbatim(rule.text)", False),
    "a sentence as if it were a tool's": ('verbatim("it is down")', True),
    "an error with a message": ("UsageError(" + LITERAL + ")", False),
    "an error with a sentence": ('UsageError("it is down")', True),
    "an error with another's English": ("ChangeError(str(error))", True),
    "an error with another's message": ("ChangeError(error.said)", False),
    "a parser's error": ('ValueError("it is down")', True),
    "a parser's error that quotes": ("ValueError(option.text)", False),
    "a bug's error": ('AssertionError("it is down")', False),
    "a renderer's reason": ('refuse(match, "it takes one prefix")', True),
    "what a renderer refuses": ('refuse(f"a table of {family}", why)', True),
    "a renderer's reason with a message": ("refuse(match, " + LITERAL + ")", False),
    "a message on paper": ("paper.prose(words(" + LITERAL + "))", False),
    "a sentence on paper": ('paper.prose("it is down")', True),
    "a part of a line on paper": ('paper.line("  ", ("it is down", "bad"))', True),
}


@each_row(("code", "refused"), RAW.values(), ids=RAW)
def test_raw(code: str, refused: bool) -> None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    assert bool(list(raw_in(call, "report/text/terminal.py"))) is refused


@WHOLE
def test_no_sentence_is_raw() -> None:
    assert list(raw()) == []


KEPT: dict[str, tuple[str, str, str, str]] = {
    "a message": ("hairpin", "{link} is down", "{link} 已关闭", ""),
    "a message without its translation": ("hairpin", "{link} is down", "", "not translated"),
    "a message that lacks its place": ("hairpin", "{link} is down", "接口已关闭", "other places"),
    "a page": ("causes", "set `eth0` up with {x}", "把 `eth0` 设为 up", ""),
    "a page without its translation": ("causes", "set `eth0` up", "", "not translated"),
    "a page that lacks a command": ("causes", "set `eth0` up", "把它设为 up", "other backticks"),
    "a page with a command of its own": ("causes", "set it up", "把 `eth0` 设为 up", "other backticks"),
}


@each_row(("domain", "text", "translation", "finding"), KEPT.values(), ids=KEPT)
def test_what_a_translation_keeps(domain: str, text: str, translation: str, finding: str) -> None:
    texts: Domain = DOMAINS[domain]._replace(texts=lambda: {text: [("host/link.py", 7)]})
    found = list(missing(texts, "zh", {text: translation}))
    assert [line.startswith(f"host/link.py:7: zh: {finding}") for line in found] == ([True] if finding else [])


def test_a_page_says_the_same_wherever_it_says_the_same() -> None:
    """One text of several pages is translated once."""
    texts = DOMAINS["causes"].texts()
    assert {file for file, _ in texts["delete the route."]} == {
        "causes/routing/blackhole_route_covers_client.py",
        "causes/routing/blackhole_route_covers_container.py",
        "causes/routing/bridge_became_default_route.py",
    }

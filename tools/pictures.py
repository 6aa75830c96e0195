"""Draws the picture of README: the way of a packet, as a page of hairpin shows it.

python -m tools.pictures           write docs/pictures/way.svg
python -m tools.pictures --check   change nothing; if the picture is not today's, say so and exit 1
"""

import re
import sys

from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.page.markup import element, markup, page_part
from hairpin.report.page.picture import picture_of
from hairpin.report.page.way_figure import drawing, title_of
from hairpin.report.places import places_of
from hairpin.report.text.ways import ways
from hairpin.report.words import Words
from tools.quoted import ROOT

HOST = "tests/fixtures/hosts/eth0-forwarding.hairpin"
FILE = ROOT / "docs" / "pictures" / "way.svg"


def way_svg() -> str:
    """Return the way of the first packet that fails on the recorded host."""
    question = parse_question("check", ("8151",), None, (), World(), None, None)
    answer, words = ask(question, (load(ROOT / HOST),)), Words()
    trace = answer.flows[0].trace
    way = ways(trace, trace.usual)[0]
    made = drawing(picture_of(way, words, places_of(answer, words)), words(title_of(way, words)), "way")
    style = element("style")
    style.text = _rules()
    made.insert(0, style)
    return f"{markup(made)}\n"


def _rules() -> str:
    """Return what the page's style says of colours and pictures."""
    style = page_part("page.css")
    colours = re.findall(r"^(?::root \{.*?^\}|@media \(prefers.*?^\})$", style, re.DOTALL | re.MULTILINE)
    rules = re.findall(r"^svg [^{]*\{[^}]*\}$", style, re.MULTILINE)
    return "\n".join((*colours, "svg { background: var(--paper); font-family: var(--mono); }", *rules))


def main(arguments: list[str]) -> int:
    """Return the exit status."""
    text = way_svg()
    if FILE.exists() and FILE.read_text("utf-8") == text:
        return 0
    if "--check" in arguments:
        print(f"{FILE.relative_to(ROOT)}: not today's picture; run python -m tools.pictures")
        return 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

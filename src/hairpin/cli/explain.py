"""``hairpin explain``: the page of a cause."""

import re

import click

from hairpin.cli.later import EXPLAIN_TEXT
from hairpin.cli.options import show_options


@click.command()
@click.argument("texts", metavar="CAUSE-ID", nargs=-1)
@show_options
def explain(texts: tuple[str, ...], as_json: bool, lang: str | None, color: str, verbose: bool) -> int:
    """Print the page of the cause CAUSE-ID: what it looks like, its proof, what to type now, what lasts.

    The answers of `hairpin check` name the ids.  No host is read.

    Exit: 0 printed, 2 no cause has this id.
    """
    del verbose
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.errors import UsageError
    from hairpin.message import message
    from hairpin.question.suggest import word_list
    from hairpin.report.pages import SCHEMA, ExplainDocument, has_page, page, page_ids, write_page

    if len(texts) != 1 or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", texts[0]):
        raise UsageError(EXPLAIN_TEXT)
    if not has_page(texts[0]):
        near = word_list(texts[0], page_ids())
        raise UsageError(message("no cause has the id {name!r}; the nearest are {near}", name=texts[0], near=near))
    shown = page(texts[0], words(lang))
    if as_json:
        write_json(ExplainDocument(SCHEMA, shown))
    else:
        sheet = paper(color)
        write_page(shown, words(lang), sheet)
        write(sheet.text())
    return 0

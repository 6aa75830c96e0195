"""``hairpin walk``: one flow, every step."""

from functools import partial

import click

from hairpin.cli import completion
from hairpin.cli.options import (
    EvidenceCommand,
    Given,
    after_option,
    all_option,
    evidence_options,
    origin_option,
    show_options,
    size_option,
    world_options,
)
from hairpin.cli.page import answer_page_of, html_option, printed_page, save_page


@click.command(cls=EvidenceCommand)
@click.argument("target", shell_complete=completion.targets)
@origin_option(required=True)
@after_option
@size_option
@all_option
@evidence_options
@world_options
@html_option
@show_options
def walk(
    target: str,
    origin: str,
    after: str | None,
    size: int | None,
    whole: bool,
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
    html: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Walk one flow and show every step of request and reply.

    Exit: 0 delivered (or leaving), 1 not delivered, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    del verbose
    from hairpin.answer.outcome import exit_status
    from hairpin.cli.answering import answer_question
    from hairpin.cli.material import stated_world
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.question.question import parse_question

    question = parse_question("walk", (target,), origin, publics, stated_world(outside), size, after)
    answer = answer_question(question, sources, whole=whole, lang=lang)
    if printed_page(html, page := partial(answer_page_of, answer), lang):
        return exit_status(answer)
    if as_json:
        from hairpin.report.walk_document import walk_document

        write_json(walk_document(answer, words(lang)))
    else:
        from hairpin.report.walk_text import walk_text

        write(walk_text(answer, words(lang), paper(color)))
    save_page(html, page, lang)
    return exit_status(answer)

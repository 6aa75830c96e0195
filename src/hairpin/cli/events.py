"""``hairpin events``: what each event that can happen does to each flow."""

from typing import TYPE_CHECKING

import click

from hairpin.cli import completion
from hairpin.cli.options import (
    EvidenceCommand,
    Given,
    evidence_options,
    origin_option,
    show_options,
    size_option,
    world_options,
)
from hairpin.cli.page import html_option, printed_page, save_page

if TYPE_CHECKING:
    from hairpin.report.words import Words


@click.command(cls=EvidenceCommand)
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=completion.targets)
@origin_option()
@size_option
@evidence_options
@world_options
@html_option
@show_options
def events(
    targets: tuple[str, ...],
    origin: str | None,
    size: int | None,
    sources: tuple[Given, ...],
    publics: tuple[str, ...],
    outside: str | None,
    html: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Say which flows still pass after each event that can happen on this host, such as docker-restart.

    TARGET and WHERE are those of `hairpin check`.  `hairpin check --after EVENT` says more about one event.

    Exit: 0 all that pass now pass then, 1 some fail after an event, 2 usage error, 3 could not decide.
    """
    from hairpin.answer.matrix import matrix
    from hairpin.cli.abreast import abreast
    from hairpin.cli.half_done import with_plans
    from hairpin.cli.material import gather, stated_world
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.cli.progress import progress
    from hairpin.message import message
    from hairpin.question.question import parse_question

    question = parse_question("check", targets, origin, publics, stated_world(outside), size)
    with progress(lang) as tell:
        tell(message("reading the state of the host"))
        read = with_plans(gather(sources), sources, lang)
        tell(message("following the packets"))
        found = matrix(question, read, abreast)

    def page(words: "Words") -> str:
        from hairpin.report.page.events_page import events_page

        return events_page(found, words)

    if printed_page(html, page, lang):
        return found.status
    if as_json:
        from hairpin.report.events_document import events_document

        write_json(events_document(found, words(lang)))
    else:
        from hairpin.report.events_text import events_text

        write(events_text(found, words(lang), paper(color), verbose=verbose))
    save_page(html, page, lang)
    return found.status

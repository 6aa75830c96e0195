"""``hairpin walk``: one flow, every step."""

import click

from hairpin.cli.options import evidence_options, show_options, world_options


@click.command()
@click.argument("target")
@click.option(
    "--from", "origin", metavar="WHERE", required=True, help="Where it starts: ADDRESS, host, lan, container:NAME."
)
@evidence_options
@world_options
@show_options
def walk(
    target: str,
    origin: str,
    snapshots: tuple[str, ...],
    host: str | None,
    publics: tuple[str, ...],
    outside: str | None,
    as_json: bool,
    lang: str | None,
    color: str,
    verbose: bool,
) -> int:
    """Walk one flow and show every step of request and reply.

    Exit: 0 delivered, 1 not delivered, 2 usage error, 3 could not decide, 4 a bug in hairpin.
    """
    del verbose
    from hairpin.cli.material import gather, material
    from hairpin.cli.outcome import walk_status
    from hairpin.cli.output import paper, words, write, write_json
    from hairpin.question.flows import flows_for
    from hairpin.question.target import parse_origin, parse_target
    from hairpin.report.walk_document import walk_document
    from hairpin.walk.walk import walk_flow

    asked = parse_target(target)
    start = parse_origin(origin)
    found = material(gather(snapshots, host), publics, outside, (asked,))
    trace = walk_flow(found.network, flows_for(found.network, (asked,), start)[0])
    if as_json:
        write_json(walk_document(trace, found.network, found.evidence))
    else:
        from hairpin.report.walk_text import walk_text

        write(walk_text(trace, words(lang), paper(color)))
    return walk_status(trace.verdict)

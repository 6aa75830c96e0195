"""``hairpin lab``: broken hosts on demand."""

import random
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from hairpin.lab.scenario import Scenario
    from hairpin.lab.score import Score


@click.group(no_args_is_help=True)
def lab() -> None:
    """Build Docker hosts in namespaces of this machine and break them (needs root)."""
    require_lab()


def require_lab() -> None:
    """Raise UsageError if this hairpin came without its lab, as the one file does."""
    from importlib.util import find_spec

    from hairpin.errors import UsageError
    from hairpin.message import message

    if find_spec("hairpin.lab") is None:
        raise UsageError(
            message("the lab is not in the one file hairpin.pyz; run it from a checkout, or install hairpin with pipx")
        )


@lab.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_(as_json: bool) -> int:
    """List the scenarios."""
    from hairpin.cli.output import write, write_json
    from hairpin.lab.scenario import all_scenarios

    found = all_scenarios()
    if as_json:
        write_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "causes": each.causes,
                    "hosts": [host.name for host in each.lab.hosts],
                }
                for each in found
            ]
        )
    else:
        widest = max(len(each.name) for each in found)
        write("\n".join(f"{each.name:{widest}}  {each.title}{_hosts(each)}" for each in found))
    return 0


def _hosts(scenario: "Scenario") -> str:
    return f" ({', '.join(host.name for host in scenario.lab.hosts)})" if scenario.several_hosts else ""


@lab.command("run")
@click.argument("name")
def run_(name: str) -> int:
    """Build the host of a scenario, break it, and keep it until interrupted."""
    from hairpin.lab.run import run

    run(name)
    return 0


@lab.command("shell")
@click.argument("name")
def shell_(name: str) -> int:
    """Open a shell in the broken host of a scenario."""
    from hairpin.lab.run import shell

    return shell(name)


def _to_standard_error(text: str) -> None:
    click.echo(text, err=True)


@lab.command("score")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--random", "count", type=click.IntRange(min=1), metavar="N", help="N random sets of faults instead.")
@click.option("--seed", type=int, help="The seed of the random sets (default: a new one, which is printed).")
@click.option("--together", is_flag=True, help="Put the faults of the named scenarios together in one lab.")
@click.option(
    "--pairs",
    type=click.IntRange(min=0),
    help="Behind the scenarios: each pair whose repairs change one file or chain, and so many random pairs.",
)
@click.option("--events", is_flag=True, help="Only repairs, with the events of their hosts carried out on them.")
@click.option("--fix", "fixing", is_flag=True, help="Let `hairpin fix` repair each scenario, and take that back.")
@click.option("--over-ssh", is_flag=True, help="With --fix: as another host, over its own sshd.")
@click.option("--parallel", default=2, type=click.IntRange(min=1), help="How many labs at a time (2).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document behind the lines, which go to standard error.")
def score_(
    names: tuple[str, ...],
    fixing: bool,
    over_ssh: bool,
    count: int | None,
    seed: int | None,
    together: bool,
    pairs: int | None,
    events: bool,
    parallel: int,
    as_json: bool,
) -> int:
    """Break every scenario's host (or the named ones), ask hairpin, and hold its answers against real connections.

    Every printed repair is carried out, twice. Then all other flows of the host are tried, and the host is built anew
    with what keeps the repair.  With --random the faults of up to three scenarios are put together; a line that begins
    with "again" has the command that repeats such a lab.

    If a scenario has several hosts, hairpin runs on the first and reads all of them over ssh.  Then it is asked on each
    host that has no cause, without reading the others.

    With --events each repair is carried out with its lasting part, then each event of the host that comes by itself: it
    may undo the repair only if that is printed with it.

    Exit: 0 all right, 1 not.
    """
    from hairpin.cli.output import write
    from hairpin.lab.scenario_score import score_scenarios

    out = _to_standard_error if as_json else write
    if fixing:
        return _fixes_scored(names, count, pairs, seed, out, together=together, parallel=parallel, over_ssh=over_ssh)
    chosen = random.randrange(10**6) if seed is None else seed  # noqa: S311 (a seed is printed, not kept)
    if events:
        from hairpin.lab.event_score import score_under_events

        return _shown(score_under_events(names, out, parallel=parallel), as_json=as_json)
    if count is not None or together:
        from itertools import islice

        from hairpin.lab.random_faults import draws, of_names
        from hairpin.lab.random_score import score_random

        labs = (of_names(names),) if together else islice(draws(chosen), count)
        return _shown(score_random(labs, chosen, out, parallel=parallel), as_json=as_json)
    score = score_scenarios(names, out, parallel=parallel)
    status = _shown(score, as_json=as_json)
    if pairs is None:
        return status
    from hairpin.lab.pairs import score_pairs

    return _shown(score_pairs(score.labs, pairs, chosen, out, parallel=parallel), as_json=as_json) or status


def _fixes_scored(
    names: tuple[str, ...], count: int | None, pairs: int | None, seed: int | None, out: "Callable[[str], object]",
    *, together: bool, parallel: int, over_ssh: bool,
) -> int:  # fmt: skip
    """Let `hairpin fix` repair the scenarios, or random sets or pairs of faults, and take that back."""
    from itertools import islice

    from hairpin.lab.fix_score import score_fixed_draws, score_fixes
    from hairpin.lab.random_faults import PAIRS, SETS, draws, of_names

    if together:
        return int(not score_fixed_draws((of_names(names),), out, parallel=parallel, over_ssh=over_ssh))
    if count is None and pairs is None:
        return int(not score_fixes(names, out, parallel=parallel, over_ssh=over_ssh))
    chosen = random.randrange(10**6) if seed is None else seed  # noqa: S311 (a seed is printed, not kept)
    out(f"seed {chosen}")
    labs = draws(chosen, PAIRS if pairs is not None else SETS)
    chosen_labs = islice(labs, pairs if pairs is not None else count)
    return int(not score_fixed_draws(chosen_labs, out, parallel=parallel, over_ssh=over_ssh))


def _shown(score: "Score", *, as_json: bool) -> int:
    """Print the score as JSON if that is asked for; return the exit status."""
    if as_json:
        from hairpin.cli.output import write_json

        write_json(score)
    return 0 if score.perfect else 1

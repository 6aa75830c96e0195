"""``hairpin lab``: broken hosts on demand."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hairpin.lab.scenario import Scenario


@click.group(no_args_is_help=True)
def lab() -> None:
    """Build Docker hosts in namespaces of this machine and break them (needs root)."""
    require_lab()


def require_lab() -> None:
    """Raise UsageError if this installation has no lab.

    The single-file release of hairpin does not contain the lab."""
    from importlib.util import find_spec

    from hairpin.errors import UsageError
    from hairpin.message import message

    if find_spec("hairpin.lab") is None:
        raise UsageError(
            message(
                "the lab is not part of the single-file hairpin; run it from a checkout, or install the checkout with "
                "`pipx install .`"
            )
        )


@lab.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_(as_json: bool) -> int:
    """List the scenarios."""
    from hairpin.cli.face.output import write, write_json
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

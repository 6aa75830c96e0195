"""``hairpin demo``: a lab host is broken, diagnosed, repaired, and broken again."""

import click


@click.command()
def demo() -> int:
    """Build a Docker host, break it by a sysctl, diagnose it, repair it, and undo the repair (needs root)."""
    from hairpin.cli.face.output import write
    from hairpin.cli.lab import require_lab

    require_lab()
    from hairpin.lab.demo import demo as tell

    tell(write)
    return 0

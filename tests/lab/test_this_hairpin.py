"""The checkout, its interpreter and its dependencies are visible in a lab host."""

import subprocess

import hairpin
from hairpin.lab.build import Lab
from hairpin.lab.this_hairpin import HAIRPIN, environment


def test_it_is_found_inside(healthy_lab: Lab) -> None:
    done = subprocess.run(
        (*healthy_lab.host.enter, *HAIRPIN, "--version"), capture_output=True, text=True, env=environment(), check=True
    )
    assert done.stdout == f"hairpin {hairpin.__version__}\n"

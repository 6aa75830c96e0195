"""Which tests need more than Python and a POSIX shell. All others are unit tests: ``make unit`` runs them anywhere.

A test that makes a network namespace, or runs an engine or one of netfilter's tools, belongs in one of these folders.
"""

# A folder or a file below tests/, and what it needs.
NEEDS: dict[str, str] = {
    "acceptance/test_stories.py": "root, dockerd",
    "apply/program/test_outpost.py": "root, which gives a file to another user",
    "browser": "chromium",
    "carry/test_files.py": "root, mounts, file attributes",
    "kernel": "root, iproute2, netfilter's tools, dockerd",
    "lab": "root, dockerd, firewalld",
    "today": "root, debootstrap, iproute2",
    "world": "root, dockerd, firewalld",
}


def is_unit(path: str) -> bool:
    """Return whether a test file, or a folder with tests, below tests/ needs nothing of ``NEEDS``."""
    return not any(path == needing or path.startswith(f"{needing}/") for needing in NEEDS)

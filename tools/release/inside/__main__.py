"""Starts hairpin out of its one file, or says in a sentence why this Python cannot.

Every Python that a host may have parses this file, 2.7 too: it has no function, annotation or string that those lack.
"""

import os
import sys

NEEDED = "CPython 3.11 to 3.14 on x86_64 or aarch64"
MINORS = ("14", "13", "12", "11")
ENDINGS = [
    ".cpython-3{}-{}-linux-{}.so".format(minor, machine, library)
    for minor in MINORS
    for machine in ("x86_64", "aarch64")
    for library in ("gnu", "musl")
]
"""How the names of this Python's compiled modules end, if the file has msgspec's for it."""

here = sys.path[0] = os.path.abspath(sys.path[0])
ending = ""
if tuple(sys.version_info[:2]) >= (3, 11):
    from importlib.machinery import EXTENSION_SUFFIXES

    ending = EXTENSION_SUFFIXES[0]
complaint = ""
if ending in ENDINGS:
    __import__("onefile").use_bytecode(here)
    try:
        __import__("hairpin.__main__")
        __import__("hairpin.cli.main")  # it is imported only where no guard answers
    except ImportError as error:  # click needs gettext, which Debian's python3-minimal lacks, with much else
        if error.name not in sys.stdlib_module_names:
            raise
        complaint = "this one lacks the module {} of the standard library (Debian and Ubuntu: apt-get install python3)"
        complaint = complaint.format(error.name)
else:
    import platform

    complaint = "this is {} {}{}".format(
        platform.python_implementation(), platform.python_version(), " ({})".format(ending.strip(".")) if ending else ""
    )
if complaint:
    import subprocess

    folders = [each for each in os.environ.get("PATH", "").split(os.pathsep) if each] + ["/usr/local/bin", "/usr/bin"]
    paths = [os.path.join(folder, "python3." + minor) for minor in MINORS for folder in folders]
    platform_python = os.path.realpath("/usr/libexec/platform-python")  # of RHEL, which may have no other one
    if platform_python.endswith(tuple("3." + minor for minor in MINORS)):
        paths.append(platform_python)
    own = os.path.realpath(sys.executable or "")
    there = [each for each in paths if os.access(each, os.X_OK) and os.path.realpath(each) != own]
    with open(os.devnull, "w") as nowhere:
        others = [
            each
            for each in there
            if subprocess.call([each, "-c", "import gettext"], stdout=nowhere, stderr=nowhere) == 0
        ]
    sys.stderr.write(
        "hairpin: this file needs {}, and {}; {}; or leave this host as it is: `python3 hairpin.pyz --host root@{}` "
        "elsewhere asks about it over ssh, and `python3 hairpin.pyz snapshot --print-script` prints there a shell "
        "script to run here.\n".format(
            NEEDED,
            complaint,
            "run it with {}, which this host has".format(others[0]) if others else "this host has no other one in PATH",
            os.uname()[1],
        )
    )
    sys.exit(2)

from hairpin.__main__ import main

main()

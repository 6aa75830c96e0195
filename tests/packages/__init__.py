"""The packages of ``make dist``, installed, used, upgraded and purged in clean roots.

``python -m tests.packages DIST`` tries them all.  Read ``root`` (a throw-away root), ``debian`` (dpkg in a suite of
Debian), ``rpms`` (rpm in a root of its own), ``used`` (what an installed package has to do) and ``lint`` (lintian,
rpmlint).
"""

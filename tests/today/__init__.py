"""Hosts as people install them today, Debian's bookworm, trixie and sid with their own systemd, and every flow of each:
``make today``.

Read in this order: ``roots`` (a suite's folder, made once), ``first_process``, ``lab`` and ``machine`` (a host, booted
from it in namespaces of this kernel, among a lab's machines), ``box`` and ``guest`` (its containers, and the guests of
other managers), ``hosts`` (the healthy hosts), ``flows`` (every flow of one), ``trial`` (made, asked, each flow tried),
``report`` (lines and table), ``__main__``.
"""

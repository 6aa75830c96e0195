"""Each kind of lasting part, on a host that really reboots: ``make reboot``.

Read in this order: ``parts`` (the kinds), ``scenarios`` (one of each kind), ``userland`` (the host's disk), ``host``
(an emulated guest and the network around it), ``native`` (the same in namespaces on this machine's kernel),
``booting`` (either), ``trial`` (break, repair, reboot, try), ``runner`` (hairpin's requests to the host), ``fixed``
(break, apply as another host, reboot, take back, reboot), ``__main__``; ``reading`` (no service starts by being read).

The lab loads the same files in a boot's order (``tests/score/reboot.py``) for every scenario and in seconds.  Here
systemd, the managers and dockerd load them themselves.
"""

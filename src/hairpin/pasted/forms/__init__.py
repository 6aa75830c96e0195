"""The kinds of outputs that people paste, with one folder for each subject.

``registry`` lists the forms in the order in which they are tried.  The folders are ``network/`` (links, addresses,
routes, sockets, settings), ``rules/``, ``engines/`` (containers and networks), ``outcomes/`` (what clients saw) and
``system/`` (firewall managers, units, logs, files, versions).
"""

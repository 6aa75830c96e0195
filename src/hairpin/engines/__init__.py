"""Computes the rules that a container engine programs into a host, from the state of its containers and networks.

Read ``expected`` (the types), ``docker/`` and ``podman`` (the rules that these engines should have), and ``sysctls``.
The modules ``found``, ``missing``, ``netavark`` (rules of later releases of netavark) and ``surplus`` compare these
rules with a host's.
``repair/`` makes changes that repair the differences.

To add an engine
----------------
hairpin knows two kinds of engines, ``docker`` and ``podman`` (``Tool`` in ``host/contact.py``). The kind is also the
name of the engine's command (``Engine.command``).

1. **The engine's traits** are a row of ``TRAITS`` in ``host/contact.py``: whether a daemon keeps its networks, who
   resolves names, its default network. Code that still compares the kind with a name is about one program alone, such
   as dockerd's options or a sentence with its name: ``grep -rnE 'kind [!=]= "' src/hairpin`` shows it.
2. **Read the engine.** In ``collect/collect.sh``, ``podman_asked`` asks Podman for its documents, through the same
   allow-lists as Docker's: write such a function. ``host/read/engines/engines.py`` makes the ``Engine``, and
   ``contact.py`` in the same folder says how the engine answered. For a new key, see also
   ``host/__init__.py``.
3. **Change the code that knows keys by their beginning.**
   - ``_FLOWS`` and ``_ENGINES`` in ``answer/decisive.py``: for which commands an unread key is missing.
   - ``_UNDECIDED`` in ``report/unread.py``, ``report/text/head_text.py``: the words about an unread key.
   - ``_ENGINES`` and ``_KEPT`` in ``evidence/redact.py``, ``_RESERVED`` in ``evidence/name_map.py``: which names are
     renamed, and which stay.
4. **The engine's rules**: a module beside ``engines/podman.py`` says which rules the engine makes, and ``expected`` in
   ``engines/docker/dockerd.py`` calls that module. Causes in ``causes/engine_rules/`` compare these rules with the
   host's.
5. **The engine's events** are in ``events/engines/``, and its start at boot is in ``events/boot/_boot.py`` (how to
   add an event: CONTRIBUTING.md). Calls to the engine are in ``change/calls.py``.
6. **What happened**: add the engine's row to ``programs.py``, and its commands to ``story/commands/deeds.py``. Some
   of these places also know commands of engines that hairpin does not read (nerdctl).
7. **The lab**: ``Engine`` in ``lab/plan.py``, ``lab/engine.py``, ``lab/prerequisites.py`` and ``tools/setup_lab.sh``.
8. **The schemas**: ``python -m tools.schemas``.
"""

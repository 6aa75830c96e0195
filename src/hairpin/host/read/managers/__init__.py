"""Managers of the host, their files and versions, the cloud.

``managing`` is the entry; it reads units, versions, ``ufw status`` and hairpin's own plans itself.  The other formats:
``assignments`` (``KEY=value``), ``firewalld_runtime`` and ``firewalld_xml``, ``rule_tools_text``, ``cloud``,
``desktop`` (virtual machines of desktop engines), ``floating_text`` (addresses that programs move between machines),
``guests`` (the names of guests of other programs), ``guest_networks`` (the networks that these programs should make),
``unit_filters`` (the lines of files that set a unit's address filter), ``unit_networks`` (the network namespaces of
units, and systemd-socket-proxyd).

To add a manager
----------------
A manager is a program that keeps the packet filter (ufw, firewalld, CSF) or the links of a host.

1. **Its row in** ``programs.py``: the manager's units, packages, chains, commands, saved files, and what it advises.
   All of hairpin asks the row. Shorewall is a manager that hairpin merely recognises, and has no more than a row.
   ``tests/test_programs.py`` names the lists of ``collect/collect.sh`` that lack a name of the row. A new role, or
   chains that no cause advises about, also need a line of ``OWNERS`` in ``causes/rules/_rule_owner.py``. The further
   steps are for a manager that hairpin knows well, as ufw: ``grep -rnw UFW src`` shows where.
2. **What is policy.** ``of_place`` in ``host/boot/configured.py`` finds a rule in a file that the manager loads. A
   rule in such a file is a decision; all other code calls ``of_place`` to find this out. The files are in ``saved`` of
   the row, and in ``SAVED_V4``, ``SAVED_V6`` and ``is_nft_script`` of ``host/boot/rule_keeper.py``; the collector must
   read them.
3. **What lasts.** ``rule_keeper`` in the same file says which program restores the rules at boot, and
   ``remedy/boot/kept_rules.py`` says how a repair keeps a rule with that program. The type checkers and
   ``tests/acceptance/test_rebooted_parts.py`` name the places of a new ``RuleKeeper``.
4. **The manager's files and state.** ``collect/collect.sh`` reads them, readers are in ``host/read/managers/``, and
   the values are in ``host/managers.py``.
5. **What happened.** A command whose effect hairpin simulates is a function of ``_PROGRAMS`` in
   ``story/commands/deeds.py``. If a restart or reload of the manager can be simulated, it is an event (how to add one:
   CONTRIBUTING.md). The files of a manager of links also have to be parsed in ``host/boot/`` and
   ``remedy/boot/network_configuration.py``.
6. **Test the manager** on a host that has it (``tests/ufw_host.py``, ``tests/firewalld_host.py``). Also add a decision
   and an accident with this manager to ``tests/harm/elements.py``.
7. **Describe the manager**: docs/limitations.md says which parts of it are not modelled, and docs/problems.md has the
   words that people search for.
"""

"""Managers of the host, their files and versions, the cloud.

``managing`` is the entry; it reads units, versions and hairpin's own plans itself.  The other formats:
``assignments`` (``KEY=value``), ``firewalld_runtime`` and ``firewalld_xml``, ``rule_tools_text``, ``cloud``,
``desktop`` (virtual machines of
desktop engines), ``ufw_status_text``, ``floating_text`` (addresses that programs move between machines).

To add a manager
----------------
A manager is a program that keeps the packet filter (ufw, firewalld, CSF) or the links of a host. Shorewall is a
manager that hairpin merely recognises: ``grep -rni shorewall src docs`` shows the places of such a manager. ufw is a
manager that hairpin knows well: ``grep -rniw ufw src`` shows the places of such a manager.

1. **What the manager writes.** ``causes/rules/_rule_owner.py`` has the chains or tables of the manager, and the cause
   that advises about them. Add the chains to ``_MANAGERS`` in ``remedy/decided_rules.py``, too: then such a chain does
   not count as a person's decision.
2. **What is policy.** ``of_place`` in ``host/boot/configured.py`` finds a rule in a file that the manager loads. A
   rule in such a file is a decision; all other code calls ``of_place`` to find this out. The files are in
   ``SAVED_V4``, ``SAVED_V6`` and ``is_nft_script`` of ``host/boot/rule_keeper.py``; the collector must read them.
3. **What lasts.** ``rule_keeper`` in the same file says which program restores the rules at boot, and
   ``remedy/boot/kept_rules.py`` says how a repair keeps a rule with that program. The type checkers and
   ``tests/acceptance/test_rebooted_parts.py`` name the places of a new ``RuleKeeper``. If the manager clears the
   engine's rules when it starts, add a row to ``_MANAGERS`` in ``causes/states/firewall_manager_flushed_rules.py``.
4. **The manager's files, units and state.** ``collect/collect.sh`` needs ``units``, ``TRACE_UNITS``,
   ``trace_firewalls``, ``TRACE_PACKAGES``, ``TRACE_COMMANDS``, and the files. Readers are in ``host/read/managers/``,
   and the values are in ``host/managers.py``. Add the names of the units to ``evidence/redact_own.py``, or
   ``--redact`` renames them.
5. **What happened.** The manager's commands are in ``_CHANGING`` or ``_PROGRAMS`` of ``story/commands/deeds.py``. If a
   restart or reload of the manager can be simulated, it is an event (how to add one: CONTRIBUTING.md). The files of a
   manager of links also have to be parsed in ``host/boot/`` and ``remedy/boot/network_configuration.py``.
6. **Test the manager** on a host that has it (``tests/ufw_host.py``, ``tests/firewalld_host.py``). Also add a decision
   and an accident with this manager to ``tests/harm/elements.py``.
7. **Describe the manager**: docs/limitations.md says which parts of it are not modelled, and docs/problems.md has the
   words that people search for.
"""

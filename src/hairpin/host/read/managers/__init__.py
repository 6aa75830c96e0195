"""Managers of the host, their files and versions, the cloud.

``managing`` is the entry; it reads units, versions and hairpin's own plans itself.  The other formats:
``assignments`` (``KEY=value``), ``firewalld_runtime`` and ``firewalld_xml``, ``rule_tools_text``, ``cloud``,
``desktop`` (virtual machines of
desktop engines), ``ufw_status_text``, ``floating_text`` (addresses that programs move between machines).
"""

"""Managers of the host, their files and versions, the cloud.

``managing`` is the entry.  The formats: ``assignments`` (``KEY=value``), ``firewalld_runtime`` and ``firewalld_xml``,
``units_text``, ``versions_text``, ``rule_tools_text``, ``cloud``, ``cloud_init``.  ``plans`` reads hairpin's own plans.
"""

"""Outputs about firewall managers, units, logs, files and versions.

Its modules: ``firewalld_words``, ``known_files``, ``log_lines``, ``process_list``, ``system_words``, ``ufw_words``,
``unit_words``.
"""

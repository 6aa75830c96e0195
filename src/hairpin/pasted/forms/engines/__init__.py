"""Outputs about containers, networks and engines, in the words of Docker, Podman and people.

Its modules: ``compose_files``, ``compose_networks``, ``cut_json``, ``engine_info``, ``engine_words``,
``formatted_inspect``, ``json_documents``, ``ps_tables``, ``published``, ``typed_addresses``, ``typed_line``,
``typed_network``, ``typed_run``.
"""

"""Outputs about containers, networks and engines, in the words of Docker, Podman and people.

Its modules: ``compose_files``, ``cut_json``, ``engine_info``, ``engine_words``, ``json_documents``, ``ps_tables``,
``published``, ``typed_network``, ``typed_run``.
"""

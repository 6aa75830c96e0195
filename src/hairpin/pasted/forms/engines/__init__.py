"""Containers, networks and engines, as Docker, Podman and people write them.

Its modules: ``compose_files``, ``cut_json``, ``engine_info``, ``engine_words``, ``json_documents``, ``json_listings``,
``ps_tables``, ``published``, ``typed_run``.
"""

"""Container engines: a daemon or a container stops and starts.

Read ``_containers`` (a container stops and starts, with its rules and ports), ``_namespace`` (the new namespace of a
container that starts), ``_mesh`` (the namespaces of a swarm after a boot), ``_podman`` (the bridges, rules and
addresses that Podman's network back end makes and removes for a container), ``_kept_rules`` (the rules of a netavark
that hairpin does not know, as they were) and ``_dockerd`` (dockerd stops and starts), and then the modules with the
events: ``docker``, ``containers`` (stopped, restarted, recreated), ``compose`` (a project is recreated, with its
networks) and ``podman``. If firewalld runs on the host: ``_docker_zone`` (dockerd binds its bridges to its own zone)
and ``_reloaded`` (what the engines restore after a reload of firewalld).
"""

"""Container engines: a daemon or a container stops and starts.

Read ``_containers`` (a container stops and starts, with its rules and ports), ``_namespace`` (of a container that
starts), ``_podman`` (what Podman's network back end sets up and tears down for a container) and ``_dockerd`` (dockerd
stops and starts), and then the events: ``docker``, ``containers`` (stopped, restarted, recreated), ``compose`` (a
project is recreated, with its networks) and ``podman``.  Beside firewalld: ``_docker_zone`` (dockerd binds its bridges
to its own zone) and ``_reloaded`` (what the engines restore after a reload of firewalld).
"""

"""The container engines: a daemon or a container ends and starts.

Read ``_containers`` (a container ends and starts, with its rules and its ports), ``_namespace`` (that of a container
that starts), ``_podman`` (what Podman's network back end makes and takes down for one) and ``_dockerd`` (dockerd ends
and starts), and then the events: ``docker``, ``containers`` (stopped, restarted, removed and made anew), ``compose`` (a
project is made anew, with its networks) and ``podman``.  Beside firewalld: ``_docker_zone`` (dockerd binds its bridges
to a zone of its own) and ``_reloaded`` (what the engines put back after firewalld has read its files).
"""

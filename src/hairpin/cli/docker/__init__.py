"""hairpin as a plugin of the docker command.  Read ``call`` (separates hairpin's words from docker's words), ``engine``
(the engine that the docker command line names), ``following`` (the host that hairpin examines), ``running`` (the
command that docker calls, with docker's completion), ``link`` (the link that makes hairpin a plugin).

Source: docker/cli, "Docker CLI Plugin Spec"
"""

"""hairpin as a plugin of the docker command: ``call`` (docker's words, and hairpin's among them), ``engine`` (the
engine that the docker command line names), ``following`` (what hairpin examines then), ``completing`` (words that
docker's completion asks for), ``running`` (the command that docker calls), ``link`` (the link that makes the plugin).

Source: docker/cli, "Docker CLI Plugin Spec"
"""

"""``hairpin mcp``: the reading commands as tools for agents, by the Model Context Protocol.

A tool is a command of the command line.  Read ``arguments`` (what a tool takes), ``catalogue`` (the tools, and the
command line that each one stands for), ``running`` (a command in a process of its own), ``answers`` (the answer of a
tool, cut to its size, and what was left out of it), ``server`` (the protocol).
"""

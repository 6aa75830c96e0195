"""``hairpin mcp``: offers the commands that change nothing as tools for agents, by the Model Context Protocol.

Each tool runs one of hairpin's commands.  Read ``arguments`` (the arguments of each tool), ``catalogue`` (the tools,
and the command line of each tool), ``running`` (runs a command in a process of its own), ``answers`` (cuts the answer
of a tool to its size, and keeps the rest), ``server`` (the protocol).
"""

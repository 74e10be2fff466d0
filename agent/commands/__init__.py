"""The agent's commands, one module for each group; a module offers `add`, which puts its commands into the table.

What a command needs is imported when it runs: most commands never load the web server.
"""

"""The program on the citizen's computer: a daemon that browsers call, a card host that asks for the PIN."""

VERSION = "0.1.0"

"""The old component on the same computer: stopped, running, half removed."""

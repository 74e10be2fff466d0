"""The self-test: what a browser sees of the way to a card log-in, a trial, and reports that support staff may read."""

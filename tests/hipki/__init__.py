"""Pages in every client style of the old component, and attacks, in real browsers with the real agent and port."""

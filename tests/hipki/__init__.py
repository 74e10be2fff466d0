"""Pages in every client style of the old component, in real browsers, with the real agent and its real port."""

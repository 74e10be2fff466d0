"""The old component's protocol, for pages that were written for it."""

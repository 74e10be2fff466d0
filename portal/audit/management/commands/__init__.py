"""Rights on it, and its end."""

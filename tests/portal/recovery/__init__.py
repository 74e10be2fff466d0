"""Ways to recover access: by card, by question or saved code, by text message; and what strangers learn."""

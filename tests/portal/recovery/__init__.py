"""Ways back to an account: by card, by question or saved code, by text message; and what strangers learn."""

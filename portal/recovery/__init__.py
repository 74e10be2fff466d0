"""Ways back to an account: activation, unlocking, new passwords, forgotten account names."""

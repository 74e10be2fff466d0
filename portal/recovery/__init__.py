"""Ways to recover access to an account: activation, unlocking, new passwords, forgotten account names."""

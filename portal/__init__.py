"""The reference portal: accounts a person enters with a password or with a certificate card."""

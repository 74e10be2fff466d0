"""The card host, a child process (driver, PIN window, signature), and its client side in the daemon."""

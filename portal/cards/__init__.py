"""Cards: which certificate belongs to which account, and log-in with one."""

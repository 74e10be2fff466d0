"""What the security list promises and no other folder tests."""

"""Registration in five steps, confirmation of mail addresses."""

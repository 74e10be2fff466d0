"""What is signed and answered: the Web eID token, attached CMS, and what a certificate says for both."""

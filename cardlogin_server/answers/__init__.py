"""What a browser brings back: the Web eID token, and the old component's PKCS#7 and PKCS#1 answers."""

"""Three verdicts on one path, side by side: the library's, OpenSSL's and pyhanko-certvalidator's."""

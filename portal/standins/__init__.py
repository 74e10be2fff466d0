"""Small servers that stand in for outside services, for the demonstration and the tests; never for people's data."""

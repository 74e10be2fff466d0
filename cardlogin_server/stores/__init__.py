"""Places where challenges live when several server processes share them; each needs only the driver it is given."""

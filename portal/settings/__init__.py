"""Settings: `base` holds what is always true, `demo` and `test` say where the data and the trust anchors are."""

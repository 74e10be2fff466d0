"""Where data is kept: databases, caches, migrations, several workers, nightly jobs."""

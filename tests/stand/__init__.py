"""The test stand: starts and stops the real parts for tests, demo and benchmarks."""

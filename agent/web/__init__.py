"""What browsers reach: listener, guard, native API and the popup page."""

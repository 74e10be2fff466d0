"""What helps with a failure: its manual, PINs and locked cards, installation; and the desk that reads reports."""

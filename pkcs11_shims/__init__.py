"""What is special about each driver and card family: catalogue, discovery, return codes, choice of the key."""

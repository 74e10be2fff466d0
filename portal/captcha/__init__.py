"""The question that keeps simple robots out: letters in a picture, or digits to be heard for who cannot see it."""

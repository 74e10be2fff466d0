"""The question that keeps simple robots out: letters in a picture, or a sum in words for who cannot see it."""

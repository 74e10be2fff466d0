"""The PIN window (Tk): says who asks, for what, with which card, and takes the PIN."""

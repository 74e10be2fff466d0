"""How a person is asked: the Tk window, pinentry or the terminal, and their words."""

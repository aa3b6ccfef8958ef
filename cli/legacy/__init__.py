"""Configuration trees of the predecessor: how they are read, what is wrong with them, what becomes of them."""

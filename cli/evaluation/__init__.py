"""How well a normalizer and the rules around it do on labelled items."""

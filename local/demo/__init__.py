"""Pages of sources that do not exist, for a first run that needs no network."""

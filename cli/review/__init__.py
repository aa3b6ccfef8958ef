"""`vectora review`: the draft on a local page, where the owner keeps, drops, moves, edits, labels and approves."""

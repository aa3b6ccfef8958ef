"""How normalize keeps to a quota: wall time, throttled share and losses on the deployed local stack."""

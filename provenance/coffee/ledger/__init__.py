"""The mass ledger: what every statement does to coffee's weights, and what follows for shares, claims and flags."""

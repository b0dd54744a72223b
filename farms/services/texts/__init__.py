"""Receipts as short messages: their words, the gateways that carry them, and that each goes out once."""

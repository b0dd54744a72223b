"""Copies of other people's logs: pulled, proven, kept, served, replayed, cosigned."""

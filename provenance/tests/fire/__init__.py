"""Real engines, really killed: what the tests under fire share."""

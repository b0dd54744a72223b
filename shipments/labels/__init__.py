"""Labels for bags: what stands on them, and how they are drawn."""

"""What is drawn on paper at more than one door: letters of all scripts, and the codes that phones read."""

"""What a grower gets in hand when coffee was taken in: on paper, as a text, and to be checked by its code."""

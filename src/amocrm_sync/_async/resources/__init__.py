"""What the client offers, one file for each family of entities."""

"""The facets of the sync store in memory."""

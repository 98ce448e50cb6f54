"""The facets of the sync store on SQL."""

"""Code of one's own that the configuration names: where it is loaded, and what keeps its faults its own."""

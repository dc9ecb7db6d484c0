"""Many calls: one call end to end, outputs, resume and workers."""

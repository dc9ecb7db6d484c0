"""Numbered steps from an empty database to the tables of ``schema``; a step is never edited once released."""

"""Who said what when: voice activity, recognition, its audit, roles and turns."""

"""How good the call was: rule kinds, scorecards, verdicts and their evidence."""

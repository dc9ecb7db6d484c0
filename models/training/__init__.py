"""How the sentiment model was trained: sources, generated sentences, recognition noise and the fit."""

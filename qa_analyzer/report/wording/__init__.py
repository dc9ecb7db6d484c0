"""The report's own words, one YAML file a language. Criterion names come with the scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import yaml

LANGUAGES = ("zh", "en")


class Wording:
    """Texts of one language by dotted key.

    Raises:
        ValueError: the language has no file.
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"no wording for {lang!r}; known: {', '.join(LANGUAGES)}")
        self.lang = lang
        source = resources.files(__package__).joinpath(f"{lang}.yaml").read_text(encoding="utf-8")
        self.texts: Mapping[str, str] = dict(_flat(yaml.safe_load(source)))

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with its placeholders filled; KeyError for an unknown key."""
        return self.texts[key].format_map(values) if values else self.texts[key]

    def known(self, key: str, fallback: str) -> str:
        """Return the text of a key, or the fallback where the language has none."""
        return self.texts.get(key, fallback)

    def name_of(self, names: Mapping[str, str], fallback: str) -> str:
        """Return a scorecard name in this language, else in any language, else the fallback."""
        return names.get(self.lang) or next((names[lang] for lang in sorted(names)), "") or fallback

    def group(self, prefix: str) -> dict[str, str]:
        """Return every text under a prefix, keyed by the rest of its key; what the scripts get."""
        return {
            key.removeprefix(f"{prefix}."): text
            for key, text in self.texts.items()
            if key.startswith(f"{prefix}.")
        }


def _flat(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat += _flat(value, f"{key}.")
        else:
            flat.append((key, str(value)))
    return flat

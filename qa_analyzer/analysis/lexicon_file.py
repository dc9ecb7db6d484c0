"""A complaint lexicon as people write it: the strict shape of the YAML, and a site's changes on top of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qa_analyzer.analysis.lexicon_yaml import Located, Where
from qa_analyzer.errors import Fault

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Scope = Literal["close", "turn", "near", "call"]
ContextName = Literal["negated", "quoted", "question", "hypothetical", "resolved", "threat"]
Speaker = Literal["customer", "agent"]

#: Where parts of a merged lexicon were written; the others are at the same place in the shipped file.
Origins = dict[Where, tuple[Located, Where]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SlotFile(_File):
    """A family of terms. ``sound`` false: only the written form counts (short words with many homophones)."""

    terms: list[Text] = Field(min_length=1)
    sound: bool = True


class PatternFile(_File):
    """One way to say it. ``needs`` must, ``unless`` must not occur within ``scope``/``unless_scope``."""

    find: Text
    needs: Text | None = None
    scope: Scope = "near"
    unless: Text | None = None
    unless_scope: Scope = "close"
    keep: list[ContextName] = []
    sound: bool = True


class CodeFile(_File):
    """One code of the taxonomy. ``keep`` lists contexts in which a mention still counts."""

    code: Name
    complaint_class: Name = Field(alias="class")
    name: Text
    severity: int = Field(ge=1, le=5)
    speakers: list[Speaker] = ["customer"]
    phrases: list[Text] = []
    patterns: list[PatternFile | Text] = []
    unless: Text | None = None
    unless_scope: Scope = "close"
    keep: list[ContextName] = []
    yields_to: list[Name] = []
    act_from: float | None = Field(default=None, gt=0, le=1)


class LexiconFile(_File):
    """A whole lexicon as written.

    ``act_from`` is how probable the model of acts must find a code for a tag without the words of its
    patterns; a code may set its own. Without it words alone count.
    """

    name: Name
    version: Text
    act_from: float | None = Field(default=None, gt=0, le=1)
    classes: dict[Name, Text] = Field(min_length=1)
    slots: dict[Name, SlotFile]
    codes: list[CodeFile] = Field(min_length=1)


class SlotChange(_File):
    """What a site adds to or takes from a slot."""

    add: list[Text] = []
    remove: list[Text] = []


class CodeChange(_File):
    """What a site changes in a code; ``enabled: false`` drops it."""

    code: Name
    enabled: bool = True
    severity: int | None = Field(default=None, ge=1, le=5)
    act_from: float | None = Field(default=None, gt=0, le=1)
    add_phrases: list[Text] = []
    remove_phrases: list[Text] = []
    add_patterns: list[PatternFile | Text] = []
    unless: Text | None = None


class OverrideFile(_File):
    """A site's own file on top of a shipped lexicon."""

    overrides: Name
    version: Text
    slots: dict[Name, SlotFile] = {}
    change_slots: dict[Name, SlotChange] = {}
    codes: list[CodeFile] = []
    change_codes: list[CodeChange] = []


def merged(
    base: LexiconFile, site: OverrideFile, text: Located, faults: list[Fault]
) -> tuple[LexiconFile, Origins]:
    """Return the lexicon with a site's changes and where these were written; append misfits to ``faults``."""
    if site.overrides != base.name:
        faults.append(text.fault(("overrides",), f"is for lexicon {site.overrides!r}, not {base.name!r}"))
    origins: Origins = {}
    slots = dict(base.slots)
    for name, slot in site.slots.items():
        if name in slots:
            faults.append(text.fault(("slots", name), "exists already; use change_slots"))
        slots[name] = slot
        origins[("slots", name)] = (text, ("slots", name))
    for name, change in site.change_slots.items():
        where: Where = ("change_slots", name)
        if name not in slots:
            faults.append(text.fault(where, "no such slot"))
            continue
        faults.extend(
            text.fault((*where, "remove", i), f"{term!r} is not in the slot")
            for i, term in enumerate(change.remove)
            if term not in slots[name].terms
        )
        kept = [term for term in slots[name].terms if term not in change.remove]
        for i in range(len(change.add)):
            origins["slots", name, "terms", len(kept) + i] = (text, (*where, "add", i))
        slots[name] = slots[name].model_copy(update={"terms": kept + change.add})
    codes = list(base.codes)
    for i, code in enumerate(site.codes):
        if any(code.code == other.code for other in codes):
            faults.append(text.fault(("codes", i, "code"), f"{code.code!r} exists already; use change_codes"))
        codes.append(code)
    for i, code_change in enumerate(site.change_codes):
        at = next((at for at, code in enumerate(codes) if code.code == code_change.code), None)
        if at is None:
            faults.append(text.fault(("change_codes", i, "code"), f"no code {code_change.code!r}"))
        else:
            codes[at] = _changed(codes[at], code_change, text, ("change_codes", i), faults)
    dropped = {change.code for change in site.change_codes if not change.enabled}
    codes = [
        code.model_copy(update={"yields_to": [other for other in code.yields_to if other not in dropped]})
        for code in codes
        if code.code not in dropped
    ]
    for at, code in enumerate(codes):
        _trace_code(code, at, site, text, origins)
    return base.model_copy(update={"slots": slots, "codes": codes}), origins


def _changed(
    code: CodeFile, change: CodeChange, text: Located, where: Where, faults: list[Fault]
) -> CodeFile:
    faults.extend(
        text.fault((*where, "remove_phrases", i), f"{phrase!r} is not a phrase of {code.code!r}")
        for i, phrase in enumerate(change.remove_phrases)
        if phrase not in code.phrases
    )
    return code.model_copy(
        update={
            "severity": change.severity if change.severity is not None else code.severity,
            "act_from": change.act_from if change.act_from is not None else code.act_from,
            "phrases": [p for p in code.phrases if p not in change.remove_phrases] + change.add_phrases,
            "patterns": code.patterns + change.add_patterns,
            "unless": "|".join(part for part in (code.unless, change.unless) if part) or None,
        }
    )


def _trace_code(code: CodeFile, at: int, site: OverrideFile, text: Located, origins: Origins) -> None:
    for i, new in enumerate(site.codes):
        if new.code == code.code:
            origins["codes", at] = (text, ("codes", i))
    for i, change in enumerate(site.change_codes):
        if change.code == code.code:
            added = (
                ("phrases", change.add_phrases, code.phrases),
                ("patterns", change.add_patterns, code.patterns),
            )
            for kind, new_entries, entries in added:
                for j in range(len(new_entries)):
                    place = len(entries) - len(new_entries) + j
                    origins["codes", at, kind, place] = (text, ("change_codes", i, f"add_{kind}", j))

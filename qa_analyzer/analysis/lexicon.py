"""The complaint lexicon: YAML files written by people, checked strictly, merged and compiled into patterns.

A lexicon names *slots* (families of terms that mean the same to us) and *codes* (the complaint taxonomy). A code is
found by phrases, and by patterns: slots and literal terms in order, with a bounded number of characters between them.
A site adds to the shipped file with a second one and never edits it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from qa_analyzer.analysis.lexicon_patterns import (
    Element,
    ParsedPattern,
    Pattern,
    PatternSyntaxError,
    parse_pattern,
    parse_slot,
)
from qa_analyzer.analysis.lexicon_yaml import Located, read_located
from qa_analyzer.errors import Fault, ScorecardError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Scope = Literal["turn", "near", "call"]
ContextName = Literal["negated", "quoted", "question", "hypothetical", "resolved", "threat"]
Speaker = Literal["customer", "agent"]

RISK_CLASS = "risk"


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
    unless_scope: Scope = "turn"
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
    unless_scope: Scope = "turn"
    keep: list[ContextName] = []
    yields_to: list[Name] = []


class LexiconFile(_File):
    """A whole lexicon as written."""

    name: Name
    version: Text
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


@dataclass(frozen=True, slots=True)
class Code:
    """A code ready to be looked for. ``patterns`` includes its phrases, as patterns of one element."""

    code: str
    complaint_class: str
    name: str
    severity: int
    speakers: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    yields_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComplaintLexicon:
    """A checked, merged lexicon. ``fingerprint`` is sha256 over its canonical JSON, overrides included.

    ``sequences[i]`` are the patterns that stand for ``elements[i]`` beside its terms; they use earlier elements only.
    """

    name: str
    version: str
    fingerprint: str
    classes: tuple[tuple[str, str], ...]
    codes: tuple[Code, ...]
    elements: tuple[Element, ...]
    sequences: tuple[tuple[Pattern, ...], ...]

    def terms(self) -> tuple[str, ...]:
        """Return every distinct term of the lexicon, sorted."""
        return tuple(sorted({term for element in self.elements for term in element.terms}))

    def code(self, code: str) -> Code:
        """Return one code; KeyError when the lexicon has none of that name."""
        for candidate in self.codes:
            if candidate.code == code:
                return candidate
        raise KeyError(code)


_Model = TypeVar("_Model", bound=_File)


def load_lexicon(path: Path, overrides: Path | None = None) -> ComplaintLexicon:
    """Read a lexicon and a site's overrides.

    Raises ScorecardError with every fault of both files, each with its line.
    """
    faults: list[Fault] = []
    base_text = read_located(path, faults)
    base = _validated(LexiconFile, base_text, faults)
    site_text = read_located(overrides, faults) if overrides is not None else None
    site = _validated(OverrideFile, site_text, faults) if site_text is not None else None
    if base is None or base_text is None or (overrides is not None and site is None):
        raise ScorecardError(tuple(faults))
    if site is not None and site_text is not None:
        base = _merged(base, site, site_text, faults)
    lexicon = _compiled(base, site, base_text, site_text, faults)
    if faults:
        raise ScorecardError(tuple(sorted(faults, key=lambda fault: (str(fault.path), fault.line or 0))))
    return lexicon


def _validated(model: type[_Model], located: Located | None, faults: list[Fault]) -> _Model | None:
    if located is None:
        return None
    try:
        return model.model_validate(located.content)
    except ValidationError as error:
        for entry in error.errors():
            where = tuple(part for part in entry["loc"] if not _is_union_tag(part))
            faults.append(located.fault(where, str(entry["msg"])))
    return None


def _is_union_tag(part: int | str) -> bool:
    # pydantic names the member of a union in the path of an error; the file has no such level.
    return isinstance(part, str) and (part == "PatternFile" or part.startswith("constrained-str"))


def _merged(base: LexiconFile, site: OverrideFile, text: Located, faults: list[Fault]) -> LexiconFile:
    if site.overrides != base.name:
        faults.append(text.fault(("overrides",), f"is for lexicon {site.overrides!r}, not {base.name!r}"))
    slots = dict(base.slots)
    for name, slot in site.slots.items():
        if name in slots:
            faults.append(text.fault(("slots", name), "exists already; use change_slots"))
        slots[name] = slot
    for name, change in site.change_slots.items():
        if name not in slots:
            faults.append(text.fault(("change_slots", name), "no such slot"))
            continue
        for term in change.remove:
            if term not in slots[name].terms:
                faults.append(text.fault(("change_slots", name, "remove"), f"{term!r} is not in the slot"))
        kept = [term for term in slots[name].terms if term not in change.remove]
        slots[name] = slots[name].model_copy(update={"terms": kept + change.add})
    codes = {code.code: code for code in base.codes}
    for i, code in enumerate(site.codes):
        if code.code in codes:
            faults.append(text.fault(("codes", i, "code"), f"{code.code!r} exists already; use change_codes"))
        codes[code.code] = code
    for i, change_code in enumerate(site.change_codes):
        if change_code.code not in codes:
            faults.append(text.fault(("change_codes", i, "code"), f"no code {change_code.code!r}"))
            continue
        if not change_code.enabled:
            del codes[change_code.code]
            continue
        codes[change_code.code] = _changed(codes[change_code.code], change_code)
    return base.model_copy(update={"slots": slots, "codes": list(codes.values())})


def _changed(code: CodeFile, change: CodeChange) -> CodeFile:
    unless = "|".join(part for part in (code.unless, change.unless) if part) or None
    return code.model_copy(
        update={
            "severity": change.severity if change.severity is not None else code.severity,
            "phrases": [p for p in code.phrases if p not in change.remove_phrases] + change.add_phrases,
            "patterns": code.patterns + change.add_patterns,
            "unless": unless,
        }
    )


class _Compiler:
    """Turns the written form into elements shared between patterns."""

    def __init__(self, slots: dict[str, Element]) -> None:
        self.slots = slots
        self.elements: dict[Element, int] = {}
        self.sequences: list[tuple[Pattern, ...]] = []

    def element(self, element: Element) -> int:
        if element not in self.elements:
            sequences = tuple(Pattern(self.steps(parsed)) for parsed in element.sequences)
            self.elements[element] = len(self.elements)
            self.sequences.append(sequences)
        return self.elements[element]

    def steps(self, parsed: ParsedPattern) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
        return tuple(
            (gap, self.element(e), tuple(self.element(b) for b in barred)) for gap, e, barred in parsed.steps
        )

    def pattern(self, code: CodeFile, written: PatternFile) -> Pattern:
        unless = tuple(
            (self.element(parse_pattern(text, self.slots, sound=False).only()), scope)
            for text, scope in ((code.unless, code.unless_scope), (written.unless, written.unless_scope))
            if text is not None
        )
        needs = None
        if written.needs is not None:
            needs = (self.element(parse_pattern(written.needs, self.slots, sound=True).only()), written.scope)
        parsed = parse_pattern(written.find, self.slots, sound=written.sound)
        return Pattern(
            steps=self.steps(parsed),
            needs=needs,
            unless=unless,
            keep=tuple(sorted({*code.keep, *written.keep})),
        )


def _compiled(
    base: LexiconFile,
    site: OverrideFile | None,
    base_text: Located,
    site_text: Located | None,
    faults: list[Fault],
) -> ComplaintLexicon:
    def fault(where: tuple[int | str, ...], message: str) -> Fault:
        # After merging, a place may lie in either file; the base file is asked first.
        if site_text is not None and not base_text.has(where):
            return site_text.fault(where, message)
        return base_text.fault(where, message)

    slots: dict[str, Element] = {}
    for name, slot in base.slots.items():
        entries: list[str] = []
        for i, entry in enumerate(slot.terms):
            try:
                parse_slot([entry], slots, sound=slot.sound)
                entries.append(entry)
            except PatternSyntaxError as error:
                faults.append(fault(("slots", name, "terms", i), str(error)))
        slots[name] = parse_slot(entries, slots, sound=slot.sound)
    compiler = _Compiler(slots)
    known = {code.code for code in base.codes}
    seen: set[str] = set()
    codes: list[Code] = []
    for i, code in enumerate(base.codes):
        if code.code in seen:
            faults.append(fault(("codes", i, "code"), f"code {code.code!r} occurs twice"))
        seen.add(code.code)
        if code.complaint_class not in base.classes:
            faults.append(fault(("codes", i, "class"), f"no class {code.complaint_class!r}"))
        faults.extend(
            fault(("codes", i, "yields_to"), f"no code {other!r}")
            for other in code.yields_to
            if other not in known
        )
        patterns: list[Pattern] = []
        written = [(("phrases", j), PatternFile(find=text)) for j, text in enumerate(code.phrases)]
        for j, entry in enumerate(code.patterns):
            written.append(
                (("patterns", j), entry if isinstance(entry, PatternFile) else PatternFile(find=entry))
            )
        for where, pattern in written:
            try:
                patterns.append(compiler.pattern(code, pattern))
            except PatternSyntaxError as error:
                faults.append(fault(("codes", i, *where), str(error)))
        if not written:
            faults.append(fault(("codes", i, "code"), f"code {code.code!r} has neither phrases nor patterns"))
        codes.append(
            Code(
                code=code.code,
                complaint_class=code.complaint_class,
                name=code.name,
                severity=code.severity,
                speakers=tuple(code.speakers),
                patterns=tuple(patterns),
                yields_to=tuple(code.yields_to),
            )
        )
    canonical = json.dumps(
        base.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return ComplaintLexicon(
        name=base.name,
        version=base.version if site is None else f"{base.version}+{site.version}",
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        classes=tuple(base.classes.items()),
        codes=tuple(codes),
        elements=tuple(compiler.elements),
        sequences=tuple(compiler.sequences),
    )

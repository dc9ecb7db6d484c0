"""The complaint lexicon: YAML files written by people, checked strictly, merged and compiled into patterns.

A lexicon names *slots* (families of terms that mean the same to us) and *codes* (the complaint taxonomy). A
code is found by phrases, and by patterns: slots and literal terms in order, with a bounded number of
characters between. A site adds to the shipped file with a second one and never edits it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from qa_analyzer.analysis.lexicon_file import (
    CodeFile,
    LexiconFile,
    Origins,
    OverrideFile,
    PatternFile,
    merged,
)
from qa_analyzer.analysis.lexicon_patterns import (
    Element,
    ParsedPattern,
    Pattern,
    PatternSyntaxError,
    parse_pattern,
    parse_slot,
)
from qa_analyzer.analysis.lexicon_yaml import Located, Where, read_located
from qa_analyzer.errors import Fault, ScorecardError

MAX_SEVERITY = 5
RISK_CLASS = "risk"


@dataclass(frozen=True, slots=True)
class Code:
    """A code ready to be looked for. ``patterns`` includes its phrases, as patterns of one element.

    ``act_from`` is how probable the model of acts must find it; None where words alone count.
    """

    code: str
    complaint_class: str
    name: str
    severity: int
    speakers: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    yields_to: tuple[str, ...]
    act_from: float | None = None

    def severity_of(self, *, upset: bool) -> int:
        """Return how grave a mention is; one higher where the customer is upset."""
        return min(self.severity + upset, MAX_SEVERITY)


@dataclass(frozen=True, slots=True)
class ComplaintLexicon:
    """A checked, merged lexicon. ``fingerprint`` is sha256 over its canonical JSON, overrides included.

    ``sequences[i]`` are the patterns that stand for ``elements[i]`` beside its terms; these use
    earlier elements only.
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


_Model = TypeVar("_Model", bound=BaseModel)


def load_lexicon(path: Path, overrides: Path | None = None) -> ComplaintLexicon:
    """Read a lexicon and a site's overrides.

    Raises ScorecardError with every fault of both files, each with its line.
    """
    faults: list[Fault] = []
    text = read_located(path, faults)
    base = _validated(LexiconFile, text, faults)
    site_text = read_located(overrides, faults) if overrides is not None else None
    site = _validated(OverrideFile, site_text, faults) if site_text is not None else None
    if base is None or text is None or (overrides is not None and site is None):
        raise ScorecardError(tuple(faults))
    origins: Origins = {}
    version = base.version
    if site is not None and site_text is not None:
        base, origins = merged(base, site, site_text, faults)
        version = f"{version}+{site.version}"
    lexicon = _compiled(base, version, _Places(text, origins, faults))
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


@dataclass(frozen=True, slots=True)
class _Places:
    """Reports faults of a merged lexicon where they were written."""

    text: Located
    origins: Origins
    faults: list[Fault]

    def report(self, where: Where, message: str) -> None:
        for length in range(len(where), 0, -1):
            if where[:length] in self.origins:
                text, written = self.origins[where[:length]]
                self.faults.append(text.fault((*written, *where[length:]), message))
                return
        self.faults.append(self.text.fault(where, message))


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


def _compiled(base: LexiconFile, version: str, places: _Places) -> ComplaintLexicon:
    compiler = _Compiler(_slots(base, places))
    known = {code.code for code in base.codes}
    seen: set[str] = set()
    codes: list[Code] = []
    for i, code in enumerate(base.codes):
        if code.code in seen:
            places.report(("codes", i, "code"), f"code {code.code!r} occurs twice")
        seen.add(code.code)
        if code.complaint_class not in base.classes:
            places.report(("codes", i, "class"), f"no class {code.complaint_class!r}")
        for other in code.yields_to:
            if other not in known:
                places.report(("codes", i, "yields_to"), f"no code {other!r}")
        if not code.phrases and not code.patterns:
            places.report(("codes", i), f"code {code.code!r} has neither phrases nor patterns")
        codes.append(
            Code(
                code=code.code,
                complaint_class=code.complaint_class,
                name=code.name,
                severity=code.severity,
                speakers=tuple(code.speakers),
                patterns=_patterns(compiler, code, i, places),
                yields_to=tuple(code.yields_to),
                act_from=code.act_from if code.act_from is not None else base.act_from,
            )
        )
    canonical = json.dumps(
        base.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return ComplaintLexicon(
        name=base.name,
        version=version,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        classes=tuple(base.classes.items()),
        codes=tuple(codes),
        elements=tuple(compiler.elements),
        sequences=tuple(compiler.sequences),
    )


def _slots(base: LexiconFile, places: _Places) -> dict[str, Element]:
    slots: dict[str, Element] = {}
    for name, slot in base.slots.items():
        readable: list[str] = []
        for i, entry in enumerate(slot.terms):
            try:
                parse_slot([entry], slots, sound=slot.sound)
                readable.append(entry)
            except PatternSyntaxError as error:
                places.report(("slots", name, "terms", i), str(error))
        slots[name] = parse_slot(readable, slots, sound=slot.sound)
    return slots


def _patterns(compiler: _Compiler, code: CodeFile, index: int, places: _Places) -> tuple[Pattern, ...]:
    written: list[tuple[Where, PatternFile]] = [
        (("phrases", j), PatternFile(find=text)) for j, text in enumerate(code.phrases)
    ]
    for j, entry in enumerate(code.patterns):
        pattern = PatternFile(find=entry) if isinstance(entry, str) else entry
        written.append((("patterns", j), pattern))
    patterns: list[Pattern] = []
    for where, pattern in written:
        try:
            patterns.append(compiler.pattern(code, pattern))
        except PatternSyntaxError as error:
            places.report(("codes", index, *where), str(error))
    return tuple(patterns)

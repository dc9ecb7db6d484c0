"""YAML with the line of every value, so that each fault can name where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from qa_analyzer.errors import Fault, FaultsError
from qa_analyzer.human_yaml import line_of, read_text, read_yaml, reason_of

Where = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A YAML document: its content and the 1-based line of every place in it."""

    path: Path
    content: object
    lines: dict[Where, int]

    def has(self, where: Where) -> bool:
        return where in self.lines

    def fault(self, where: Where, message: str) -> Fault:
        """Return a fault at the deepest part of ``where`` that the document has."""
        known = where
        while known and known not in self.lines:
            known = known[:-1]
        return Fault(self.path, self.lines.get(known), ".".join(str(part) for part in where), message)


def read_located(path: Path, faults: list[Fault]) -> Located | None:
    """Read a YAML file; on failure append to ``faults`` and return None. A key given twice is a fault."""
    try:
        text = read_text(path)
    except FaultsError as error:
        faults.extend(error.faults)
        return None
    try:
        node, content = read_yaml(text, unique_keys=False)
    except yaml.YAMLError as error:
        faults.append(Fault(path, line_of(error), "", reason_of(error)))
        return None
    if node is None:
        faults.append(Fault(path, 1, "", "the file is empty"))
        return None
    lines: dict[Where, int] = {}
    _walk(node, (), path, lines, faults)
    return Located(path, content, lines)


def _walk(node: yaml.Node, where: Where, path: Path, lines: dict[Where, int], faults: list[Fault]) -> None:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                faults.append(
                    Fault(path, line, ".".join(str(part) for part in (*where, name)), "given twice")
                )
            seen.add(name)
            lines[(*where, name)] = line
            _walk(value, (*where, name), path, lines, faults)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*where, i), path, lines, faults)

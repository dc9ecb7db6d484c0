"""YAML that humans write: read safely, checked by a pydantic model, every fault reported with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from qa_analyzer.errors import Fault, FaultsError

MAX_BYTES = 5_000_000  # a scorecard is some kilobytes; this stops bombs and wrong files

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys, which YAML would silently overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; raise ConstructorError when a key stands twice."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping",
                    node.start_mark,
                    f"the key {key_node.value!r} stands twice",
                    key_node.start_mark,
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def load_model(path: Path, model: type[Model], *, error: type[FaultsError] = FaultsError) -> Model:
    """Read a YAML file as ``model``; raise ``error`` with every fault and its line."""
    text = read_text(path, error=error)
    loader = _UniqueKeyLoader(text)
    try:
        root = loader.get_single_node()
        value = loader.construct_document(root) if root is not None else None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem)
        line = mark.line + 1 if mark is not None else None
        raise error((Fault(path, line, "", f"not valid YAML: {reason}"),)) from problem
    finally:
        loader.dispose()
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise error(faults_of(problem, path, root)) from problem


def read_text(path: Path, *, error: type[FaultsError] = FaultsError) -> str:
    """Return the UTF-8 text of a small file; raise ``error`` when that is not possible."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise error((Fault(path, None, "", f"larger than {MAX_BYTES} bytes: is this the right file?"),))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error((Fault(path, None, "", "not UTF-8: save the file as UTF-8"),)) from problem
    except OSError as problem:
        raise error((Fault(path, None, "", f"cannot be read: {problem.strerror}"),)) from problem


def faults_of(problem: ValidationError, path: Path, root: yaml.Node | None) -> tuple[Fault, ...]:
    """Turn pydantic's errors into faults, in the order of the file."""
    faults = [
        Fault(path, line_at(root, tuple(fault["loc"])), _dotted(root, tuple(fault["loc"])), fault["msg"])
        for fault in problem.errors(include_url=False, include_context=False)
    ]
    return tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.where)))


def line_at(root: yaml.Node | None, location: Location) -> int | None:
    """Return the 1-based line of the deepest node that ``location`` reaches; None for an empty document."""
    if root is None:
        return None
    line, node = root.start_mark.line, root
    for step in location:
        child = _child(node, step)
        if child is None:
            continue  # pydantic also names union members, which the file does not contain
        line, node = child
    return line + 1


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == str(step):
                return key_node.start_mark.line, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _dotted(root: yaml.Node | None, location: Location) -> str:
    """Join a location, leaving out the union members that the file does not contain."""
    steps: list[str] = []
    node = root
    for position, step in enumerate(location):
        child = _child(node, step) if node is not None else None
        if child is not None:
            node = child[1]
        elif position < len(location) - 1:
            continue
        steps.append(str(step))
    return ".".join(steps)

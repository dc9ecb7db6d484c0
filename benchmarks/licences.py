"""The licences of everything that is installed for this project, by what needs it, as a Markdown table.

    python benchmarks/licences.py              # what `pip install qa_analyzer` brings
    python benchmarks/licences.py mono ray     # and with these extras
    python benchmarks/licences.py --check      # exit 1 where a licence is unknown or would bind our own code

It reads the metadata of the installed packages, so run it in the environment that is to be delivered.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
BINDING = re.compile(
    r"\b(AGPL|GPL|SSPL|GNU (Affero )?General Public|Commons Clause|non-?commercial)", re.IGNORECASE
)
LESSER = re.compile(r"LGPL|Lesser|GCC[- ]exception|Runtime Library Exception", re.IGNORECASE)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    packages = sorted(needed(options.extras), key=lambda each: canonicalize_name(each.name))
    doubtful = [each for each in packages if is_doubtful(licence_of(each))]
    if options.check:
        for each in doubtful:
            print(f"{each.name} {each.version}: {licence_of(each) or 'no licence stated'}")
        print(f"{len(packages)} packages, {len(doubtful)} to look at")
        return 1 if doubtful else 0
    print("| package | version | licence |\n|---|---|---|")
    for each in packages:
        print(f"| {each.name} | {each.version} | {licence_of(each) or '**not stated**'} |")
    return 0


def needed(extras: list[str]) -> Iterator[Distribution]:
    """Yield the installed packages that the project needs, directly or not."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    own = [
        *project["dependencies"],
        *(line for name in extras for line in project["optional-dependencies"][name]),
    ]
    waiting = [Requirement(line) for line in own]
    seen: set[tuple[str, frozenset[str]]] = set()
    told: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name, wanted = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            print(f"{name} is not installed here", file=sys.stderr)
            continue
        if name not in told:
            told.add(name)
            yield found
        for line in found.requires or ():
            further = Requirement(line)
            marker = further.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                waiting.append(further)


def licence_of(package: Distribution) -> str:
    """Return the licence by its SPDX expression, else by classifier, else by the free field's first line."""
    stated = package.metadata
    facts = {name: stated[name] for name in ("License-Expression", "License") if name in stated}
    if expression := facts.get("License-Expression"):
        return str(expression)
    classifiers = stated.get_all("Classifier") or ()
    named = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License ::")]
    named = [each for each in named if each != "OSI Approved"]
    if named:
        return ", ".join(named)
    free = str(facts.get("License") or "").strip()
    return free.splitlines()[0][:60] if free else ""


def is_doubtful(licence: str) -> bool:
    """Say whether a person must look: nothing is stated, or a licence that passes to what links with it."""
    return not licence or (BINDING.search(LESSER.sub("", licence)) is not None and not LESSER.search(licence))


if __name__ == "__main__":
    sys.exit(main())

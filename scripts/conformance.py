#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keep docs/conformance/ true to the tests. Usage: conformance.py --check | --write [--build DIR]

docs/conformance/AREA.tsv has a line for each requirement: id, level, status, tests, reason. Ids and
levels are written by hand; the rest is made here from what the tests say:

proven    a test names the id in a comment of its own line: `# proves: ID ...` in packet scripts
          and Python, `/* proves: ID ... */` in C; or the title of a case begins with it: "BAD-...: ..."
deviates  docs/conformance/deviations.tsv (id, reason) names it, or a comment in src/ does:
          `Deviation: ID, ID: reason.`, up to the end of the paragraph
planned   neither

--write writes status, tests and reason, and docs/conformance/README.md with the counts. --check
changes nothing; it exits 1 and says why if the files differ from what --write would write, or if
meson does not run a test that proves something (BUILD has to be configured). Both fail when a
test or a deviation names an unknown id, and when an id stands twice.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "docs" / "conformance"
TESTS = ROOT / "tests"
HEAD = "id\tlevel\tstatus\ttests\treason"
STATUSES = ("proven", "deviates", "planned")
LEVELS = ("MUST", "SHOULD", "MAY")
SCRIPT_DEPTH = 2  # script_run looks into a directory and those right below it.

IN_HASH = re.compile(r"^[ \t]*#[ \t]*proves:[ \t]*(.*)$", re.M)
IN_C = re.compile(r"^[ \t]*/?\*+[ \t]*proves:[ \t]*(.*?)[ \t]*(?:\*/.*)?$", re.M)
TITLE = re.compile(r'"((?:BAD|CAP)-[A-Z0-9]+-\d+): ')
DEVIATION = re.compile(r"^[ \t]*/?\*+[ \t]*Deviation:[ \t]*((?:[A-Z0-9]+(?:-[\w.]+)+,?[ \t]*)+):[ \t]*"
                       r"([^\n]*(?:\n[ \t]*\*[ \t]+[^\n]+)*)", re.M)

errors = []


def err(path, text):
    errors.append(f"{path.relative_to(ROOT)}: {text}")


def read_areas():
    """Area -> list of (id, level), in the order of the file."""
    areas, seen = {}, {}
    for path in sorted(TABLES.glob("*.tsv")):
        if path.name == "deviations.tsv":
            continue
        rows = []
        for line in path.read_text().splitlines()[1:]:
            name, level = (line.split("\t") + ["", ""])[:2]
            if level not in LEVELS:
                err(path, f"{name}: the level {level!r} is none of {', '.join(LEVELS)}")
            if name in seen:
                err(path, f"{name} stands in {seen[name]} too")
            seen[name] = path.name
            rows.append((name, level))
        areas[path.stem] = rows
    return areas, set(seen)


def read_claims(known):
    """Id -> paths of the tests that say they prove it, sorted."""
    claims = {}
    for path in sorted(p for p in TESTS.rglob("*") if p.suffix in (".pkt", ".c", ".py")):
        pattern = IN_C if path.suffix == ".c" else IN_HASH
        text = path.read_text()
        titles = TITLE.findall(text) if path.suffix != ".pkt" else []
        for name in " ".join(pattern.findall(text) + titles).split():
            if name not in known:
                err(path, f"proves {name}, which is no requirement")
            elif path not in claims.setdefault(name, []):
                claims[name].append(path)
    return claims


def read_deviations(known):
    """Id -> reason."""
    out = {}

    def add(path, name, reason):
        if name not in known:
            err(path, f"deviates from {name}, which is no requirement")
        elif not reason:
            err(path, f"the deviation from {name} has no reason")
        out.setdefault(name, reason)

    table = TABLES / "deviations.tsv"
    for line in table.read_text().splitlines()[1:]:
        name, _, reason = line.partition("\t")
        add(table, name, reason.strip())
    for path in sorted((ROOT / "src").rglob("*.[ch]")):
        for names, reason in DEVIATION.findall(path.read_text()):
            reason = re.sub(r"\s*\n[ \t]*\*[ \t]+", " ", reason).replace("*/", "").strip()
            for name in names.replace(",", " ").split():
                add(path, name, reason[:1].upper() + reason[1:])
    return out


# ---- what would be written ----

def table_of(rows, claims, deviations):
    lines, counts = [HEAD], {}
    for name, level in rows:
        status = "deviates" if name in deviations else "proven" if name in claims else "planned"
        tests = " ".join(str(p.relative_to(TESTS)) for p in claims.get(name, []))
        lines.append(f"{name}\t{level}\t{status}\t{tests}\t{deviations.get(name, '')}")
        counts[level, status] = counts.get((level, status), 0) + 1
    return "\n".join(lines) + "\n", counts


def counts_table(counts):
    """Rows of text: a heading, an area each, the sum."""
    head = ["area"] + [f"{level} {status}" for level in LEVELS for status in STATUSES]
    rows = [[area] + [c.get((level, status), 0) for level in LEVELS for status in STATUSES]
            for area, c in counts.items()]
    return head, rows, ["all"] + [sum(r[i] for r in rows) for i in range(1, len(head))]


def readme_of(counts):
    head, rows, total = counts_table(counts)
    lines = [
        "# Conformance", "",
        "Written by `scripts/conformance.py --write` from what the tests say; do not edit. Each area is a table of "
        "requirements",
        "(`AREA.tsv`: id, level, status, tests, reason). *Proven*: a test in `tests/` names the id and fails without the",
        "behaviour. *Deviates*: done otherwise on purpose, the reason stands beside it. *Planned*: no test proves it yet,",
        "whether or not the code does it.", "",
        "| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1),
    ]
    lines += ["| " + " | ".join(map(str, r)) + " |" for r in rows + [total]]
    return "\n".join(lines) + "\n"


def print_counts(counts):
    head, rows, total = counts_table(counts)
    print(f"{'':14}" + "".join(f"{level:^29}" for level in LEVELS).rstrip())
    print(f"{'area':14}" + "  ".join(["".join(f"{s:>9}" for s in STATUSES)] * len(LEVELS)))
    for r in rows + [total]:
        groups = ["".join(f"{n:>9}" for n in r[i:i + 3]) for i in range(1, len(head), 3)]
        print(f"{r[0]:14}" + "  ".join(groups))


# ---- what meson runs ----

def introspect(build, what):
    run = subprocess.run(["meson", "introspect", f"--{what}", str(build)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"conformance.py: {build} is no configured build; run `make` first")
    return json.loads(run.stdout)


def tests_run(build):
    """Files and directories that a test of meson is made from or gets as an argument."""
    sources = {}
    for target in introspect(build, "targets"):
        for name in target["filename"]:
            sources[name] = [s for group in target["target_sources"] for s in group.get("sources", [])]
    out = set()
    for test in introspect(build, "tests"):
        for word in test["cmd"]:
            path = pathlib.Path(word)
            out.update(pathlib.Path(s).resolve() for s in sources.get(word, []))
            out.add((path if path.is_absolute() else build / path).resolve())
    return out


def is_run(path, run):
    if path.suffix != ".pkt":
        return path in run
    return path in run or any(d in run for d in list(path.parents)[:SCRIPT_DEPTH])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path)
    args = parser.parse_args()

    areas, known = read_areas()
    claims, deviations = read_claims(known), read_deviations(known)
    texts, counts = {}, {}
    for area, rows in areas.items():
        texts[TABLES / f"{area}.tsv"], counts[area] = table_of(rows, claims, deviations)
    texts[TABLES / "README.md"] = readme_of(counts)

    if args.write:
        for path, text in texts.items():
            path.write_text(text)
    else:
        for path, text in texts.items():
            if not path.exists() or path.read_text() != text:
                err(path, "differs from what the tests say; run scripts/conformance.py --write")
        run = tests_run(args.build.resolve())
        for path in sorted({p for paths in claims.values() for p in paths}):
            if not is_run(path, run):
                err(path, "proves something, but meson does not run it")
    print_counts(counts)
    for line in errors:
        print(line, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

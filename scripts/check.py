#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""House-style checks that no compiler makes. Usage: check.py [ROOT]; exit 1 and a list if any fails.

layers   a file in src/X includes only headers of the layers scripts/layers.txt gives X, and of
         another layer only its facade (X/X.h)
owners   a field group is assigned only in the files scripts/owners.txt gives it
sizes    worth a second look, never a failure: files over 800 lines, functions over 70, more than 6 parameters
docs     every function declared in a header has a doc block, in include/ one that names each parameter
         and the result; no empty doc block; every header starts with a DOC: block
guards   include guards follow the path
words    banned calls, floating point and leftovers
outer    the rooms outside src/ include weft/ headers, their own, and the facades scripts/outer.txt
         gives them; sim/ no OS header
mirror   the pure modules named in scripts/mirrored.txt have tests/unit/L/f_test.c
listed   every source of the core and every unit test stands in its meson.build
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
SRC, PUBLIC = ROOT / "src", ROOT / "include"
errors, notes = [], []


def rel(path):
    return path.relative_to(ROOT)


def err(path, line, text):
    errors.append(f"{rel(path)}:{line}: {text}")


def note(path, line, text):
    notes.append(f"{rel(path)}:{line}: {text}")


def line_of(text, offset):
    return text[:offset].count("\n") + 1


def table(name):
    out = {}
    for line in (ROOT / "scripts" / name).read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            key, _, rest = line.partition(":")
            out[key.strip()] = rest.split()
    return out


def code_of(text):
    """Source with comments and strings blanked, line numbers kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def includes(text):
    """(line, '<' or '"', header) of each include."""
    for n, line in enumerate(text.splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if m:
            yield n, m[1], m[2]


def check_layers(path, text, layers):
    own = path.relative_to(SRC).parts[0]
    if own not in layers:
        return err(path, 1, f"layer '{own}' is not in scripts/layers.txt")
    for n, kind, header in includes(text):
        if kind == "<":
            if header not in layers["system"]:
                err(path, n, f"system header <{header}> is not for the core")
            continue
        layer = header.split("/")[0]
        if layer in (own, "weft"):
            continue
        if layer not in layers[own]:
            err(path, n, f"layer '{own}' may not include '{header}'")
        elif header != f"{layer}/{layer}.h":
            err(path, n, f"of layer '{layer}' only the facade {layer}/{layer}.h may be included")


def check_owners(path, code, owners):
    for group, files in owners.items():
        if any(fnmatch.fnmatch(str(rel(path)), f) for f in files):
            continue
        pat = rf"(?<=[\w\)\]])(?:->|\.){group}(?:(?:\.|->)\w+|\[[^\]]*\])*\s*(?:[-+|&^*]?=(?!=)|<<=|>>=|\+\+|--)"
        for n, line in enumerate(code.splitlines(), 1):
            if re.search(pat, line) and not re.match(r"\s*\.", line):
                err(path, n, f"'{group}' is assigned outside {' '.join(files)}")


def check_sizes(paths):
    for path in paths:
        count = len(path.read_text().splitlines())
        if count > 800:
            note(path, 1, f"{count} lines")
    out = subprocess.run(["ctags", "-x", "--kinds-C=f", "--languages=C", "--langmap=C:.c.h",
                          "--_xformat=%{input}\t%{name}\t%{line}\t%{end}\t%{signature}", "-L", "-"],
                         input="\n".join(map(str, paths)), capture_output=True, text=True, check=True).stdout
    for row in out.splitlines():
        file, name, start, end, sig = row.split("\t")
        size = int(end or start) - int(start) + 1
        if size > 70:
            note(pathlib.Path(file), start, f"{name}() has {size} lines")
        if sig.count(",") + 1 > 6:
            note(pathlib.Path(file), start, f"{name}() has {sig.count(',') + 1} parameters")


DECL = re.compile(r"(?:(/\*\*(?:(?!\*/).)*\*/)\s*)?^(?!static|typedef|#|return|struct \w+ \{|enum \w+ \{|union)"
                  r"((?:const\s+)?\w[\w\s\*]*?)\b(\w+)\(([^;{}]*?)\)\s*(?:__attribute__\(\(.*?\)\)\s*)*;", re.S | re.M)


def check_docs(path, text):
    for m in re.finditer(r"/\*\*[\s*]*\*/", text):
        err(path, line_of(text, m.start()), "empty doc block")
    if path.suffix != ".h":
        return
    if "DOC:" not in text[:400]:
        err(path, 1, "no DOC: block at the top")
    for m in DECL.finditer(text):
        doc, ret, name, params = m.groups()
        if name.startswith("__asan_"):
            continue
        line = line_of(text, m.start(3))
        if doc is None:
            err(path, line, f"{name}() has no doc block")
            continue
        if f"{name}()" not in doc:
            err(path, line, f"doc block above {name}() is another function's")
        if PUBLIC in path.parents:
            check_public_doc(path, line, doc, ret, name, params)


def check_public_doc(path, line, doc, ret, name, params):
    params = re.sub(r"\(\*(\w+)\)\([^()]*\)", r"\1", params)  # A function pointer is its name.
    for p in params.split(","):
        p = re.sub(r"\[.*", "", p).strip()
        if p in ("", "void", "..."):
            continue
        p = re.findall(r"\w+", p)[-1]
        if f"@{p}:" not in doc:
            err(path, line, f"{name}(): parameter {p} is not described")
    if ret.split() != ["void"] and "Return:" not in doc:
        err(path, line, f"{name}(): the result is not described")


CALLS = {
    "the core has no heap, no I/O, no clock, no libc randomness":
        r"\b(malloc|calloc|realloc|free|printf|fprintf|abort|exit|rand|random|time|gettimeofday|clock_gettime)\s*\(",
    "hidden global": r"\bthread_local\b|\b_Thread_local\b|\b__thread\b",
}
SIM_CALLS = {"a simulation has no clock and no randomness but its own":
             r"\b(rand|random|time|gettimeofday|clock_gettime)\s*\("}
EVERYWHERE = {"unbounded or unchecked libc call": r"\b(strcpy|strcat|sprintf|gets|strtok|atoi)\s*\("}
NO_FLOATS = {"no floating point here: it differs between machines": r"\b(float|double)\b"}


def check_words(path, text, code, banned):
    for why, pat in banned.items():
        for m in re.finditer(pat, code):
            err(path, line_of(code, m.start()), f"{m.group().strip()}: {why}")
    for m in re.finditer(r"\b(FIXME|XXX|HACK)\b|\bTODO(?!\(#\d+\))", text):
        err(path, line_of(text, m.start()), f"{m.group()}: file an issue and write TODO(#n)")


def check_guard(path, text):
    """WF_ and the path below src/, include/weft/x.h is WEFT_X_H, elsewhere either prefix or none."""
    if SRC in path.parents:
        names = [f"WF_{path.relative_to(SRC)}"]
    elif PUBLIC in path.parents:
        names = [str(path.relative_to(PUBLIC))]
    else:
        names = [f"{prefix}{rel(path)}" for prefix in ("", "WF_", "WEFT_")]
    names = [re.sub(r"\W", "_", name).upper() for name in names]
    if not any(f"#ifndef {name}\n#define {name}\n" in text for name in names):
        err(path, 1, f"include guard is not {' or '.join(names)}")


SIM_SYSTEM = set("assert.h ctype.h errno.h inttypes.h limits.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h"
                 " stdio.h stdlib.h string.h".split())


def check_outer(path, text, rooms):
    own = rel(path).parts[0]
    facades = [f"{room}/{room}.h" for room in rooms[own]]
    for n, kind, header in includes(text):
        if kind == '"':
            is_own = (path.parent / header).exists() or (ROOT / own / header).exists() or header.startswith(f"{own}/")
            if not (header.startswith("weft/") or is_own or header in facades):
                err(path, n, f"{own}/ may include weft/*.h and its own headers, not '{header}'")
        elif own == "sim" and header not in SIM_SYSTEM:
            err(path, n, f"sim/ may not include <{header}>")


def check_mirror(patterns):
    for path in sorted(SRC.rglob("*.c")):
        test = ROOT / "tests/unit" / path.relative_to(SRC).with_name(path.stem + "_test.c")
        if any(fnmatch.fnmatch(str(rel(path)), p) for p in patterns) and not test.exists():
            err(path, 1, f"no {rel(test)}")


def check_listed(folder, pattern, strip):
    listed = (folder / "meson.build").read_text()
    for path in sorted(folder.rglob(pattern)):
        name = str(path.relative_to(folder)).removesuffix(strip)
        if f"'{name}'" not in listed:
            err(path, 1, f"not listed in {rel(folder)}/meson.build")


def check_mutants():
    """A defect of the swarm's judge is planted in one source file, where its line has to be just once."""
    for path in sorted((ROOT / "tests/swarm/mutants").glob("*.mutant")):
        lines = path.read_text().splitlines()
        name = next(line[5:] for line in lines if line.startswith("file "))
        source = (ROOT / name).read_text().splitlines() if (ROOT / name).is_file() else []
        if not name.endswith(".c"):
            err(path, 1, f"{name} is not compiled by itself: nothing would be planted")
        for number, line in enumerate(lines, 1):
            if line.startswith("-") and source.count(line[1:]) != 1:
                err(path, number, f"{name} has this line {source.count(line[1:])} times")


def main():
    layers, owners, rooms = table("layers.txt"), table("owners.txt"), table("outer.txt")
    core = sorted([*SRC.rglob("*.[ch]"), *PUBLIC.rglob("*.h")])
    outer = [p for room in rooms for p in sorted((ROOT / room).rglob("*.[ch]"))]
    tests = [p for room in ("tests", "fuzz") for p in sorted((ROOT / room).rglob("*.[ch]"))]
    for path in [*core, *outer, *tests]:
        text = path.read_text()
        code = code_of(text)
        if not text.startswith("/* SPDX-License-Identifier:"):
            err(path, 1, "no SPDX line")
        check_docs(path, text)
        banned = dict(EVERYWHERE)
        if path.suffix == ".h":
            check_guard(path, text)
        if SRC in path.parents:
            check_layers(path, text, layers)
            check_owners(path, code, owners)
            banned |= CALLS | NO_FLOATS
        elif ROOT / "sim" in path.parents:
            banned |= SIM_CALLS | NO_FLOATS
        check_words(path, text, code, banned)
        if path in outer:
            check_outer(path, text, rooms)
    check_sizes([*core, *outer, *tests])
    check_mirror(table("mirrored.txt"))
    check_mutants()
    check_listed(SRC, "*.c", "")
    check_listed(ROOT / "tests/unit", "*_test.c", "_test.c")
    for text in notes:
        print(f"a second look: {text}")
    print("\n".join(errors) or "check: ok")
    return bool(errors)


sys.exit(main())

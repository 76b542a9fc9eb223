#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the defective oracles. Usage: mutate.py --count MUTANTS | MUTANTS ORACLE.C OUTDIR

A mutant is a block of lines: `# what is wrong`, `@ the function`, `-` the exact line that goes (once in
that function, blanks in front apart), `+` the line that comes. OUTDIR gets mutant_N.c, each with
functions of its own name, and mutants.h with a table of them.
"""
import pathlib
import sys

HEAD = """/* Made by mutate.py. */
#include "oracle.h"
struct mutant {
    const char *name;
    void (*judge)(const struct o_tcb *, const struct o_seg *, struct o_says *);
};
"""
DECLARE = "void o_judge_{}(const struct o_tcb *t, const struct o_seg *s, struct o_says *out);\n"


def read(path):
    """Tuples: what is wrong, function, the line that goes, the line that comes."""
    mutants = []
    for block in pathlib.Path(path).read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("// ")]
        if not lines:
            continue
        if [line[:1] for line in lines] != ["#", "@", "-", "+"]:
            sys.exit(f"mutate.py: {path}: not a mutant:\n{block}")
        mutants.append((lines[0][2:], lines[1][2:], lines[2][1:], lines[3][1:]))
    return mutants


def mutate(source, mutant, path):
    what, function, old, new = mutant
    begin = [i for i, line in enumerate(source) if f" {function}(" in line and not line.startswith(" ")]
    if len(begin) != 1:
        sys.exit(f"mutate.py: {what}: there is no function {function} in {path}")
    end = source.index("}", begin[0])
    at = [i for i in range(begin[0], end) if source[i].strip() == old]
    if len(at) != 1:
        sys.exit(f"mutate.py: {what}: its line is {len(at)} times in {function}")
    return source[:at[0]] + [new] + source[at[0] + 1:]


def write(mutants, path, out):
    source = pathlib.Path(path).read_text().splitlines()
    table = HEAD
    for n, mutant in enumerate(mutants):
        names = f"#define o_judge o_judge_{n}\n#define o_seg_len o_seg_len_{n}\n"
        text = "\n".join(mutate(source, mutant, path))
        (out / f"mutant_{n}.c").write_text(f"{names}{text}\n")
        table += DECLARE.format(n)
    table += "static const struct mutant mutants[] = {\n"
    table += "".join(f'    {{"{m[0]}", o_judge_{n}}},\n' for n, m in enumerate(mutants))
    (out / "mutants.h").write_text(f"{table}}};\n#define MUTANTS_N {len(mutants)}u\n")


if sys.argv[1] == "--count":
    print(len(read(sys.argv[2])))
else:
    write(read(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]))

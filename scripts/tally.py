#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Count test cases in meson's logs. Usage: tally.py [--passed N] [--failed N] [--skipped N] LOG.json...

A TAP test counts by its subtests, another test as one case; a test that dies without a failed
subtest is one failed case more. What was skipped is listed with its reason, what failed with the
first lines of what it said. The last line is
`N passed, N failed, N skipped`; the exit code is 1 if anything failed. The options add to the counts.
"""
import argparse
import json
import re
import sys

SUBTEST = re.compile(r"^(not )?ok\b\s*\d*\s*(?:- )?(.*?)\s*(?:#\s*(SKIP|TODO)\b\s*(.*))?$", re.M | re.I)
FAILED = re.compile(r"^not ok\b[^\n]*(?:\n#[^\n]*)*", re.M)
NO_PLAN = re.compile(r"^1\.\.0\b\s*(?:#\s*SKIP\S*\s*(.*))?", re.M | re.I)


def count_tap(name, out, skips):
    """Passed and failed subtests; skipped ones are appended to skips."""
    passed = failed = 0
    for bad, title, directive, reason in SUBTEST.findall(out):
        if directive.upper() == "SKIP":
            skips.append(f"{name}: {title}: {reason}")
        elif bad and directive.upper() != "TODO":
            failed += 1
        else:
            passed += 1
    return passed, failed


def count_test(record, skips):
    name, out, result = record["name"], record.get("stdout") or "", record["result"]
    if NO_PLAN.search(out):
        skips.append(f"{name}: {NO_PLAN.search(out)[1] or 'no reason given'}")
        return 0, 0
    passed, failed = count_tap(name, out, skips) if re.search(r"^1\.\.\d", out, re.M) else (0, 0)
    if passed or failed or (result == "SKIP" and skips and skips[-1].startswith(name)):
        return passed, failed + (not failed and result not in ("OK", "EXPECTEDFAIL", "SKIP"))
    if result == "SKIP":
        last = (out + (record.get("stderr") or "")).strip().splitlines()
        skips.append(f"{name}: {last[-1] if last else 'no reason given'}")
        return 0, 0
    is_ok = result in ("OK", "EXPECTEDFAIL")
    return int(is_ok), int(not is_ok)


def failures(record):
    """What a failed test said: its failed subtests with their comments, or else its last words."""
    if record["result"] in ("OK", "EXPECTEDFAIL", "SKIP"):
        return []
    out = record.get("stdout") or ""
    said = [m[0] for m in FAILED.finditer(out) if not re.search(r"# *TODO", m[0].split("\n")[0], re.I)]
    if not said:
        said = ["\n".join((out + (record.get("stderr") or "")).strip().splitlines()[-12:])]
    texts = []
    for text in said:
        lines = text.splitlines() or [record["result"]]
        if len(lines) > 16:  # A traceback says where at its head and what at its end.
            lines = [*lines[:4], "# ...", *lines[-11:]]
        texts.append("\n".join([f"failed: {record['name']}: {lines[0]}", *("    " + x for x in lines[1:])]))
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for what in ("passed", "failed", "skipped"):
        parser.add_argument(f"--{what}", type=int, default=0)
    parser.add_argument("logs", nargs="*")
    args = parser.parse_args()
    passed, failed, skips, bad = args.passed, args.failed, [], []
    for path in args.logs:
        try:
            records = [json.loads(line) for line in open(path)]
        except FileNotFoundError:
            continue
        for record in records:
            more_passed, more_failed = count_test(record, skips)
            passed += more_passed
            failed += more_failed
            bad += failures(record)
    for line in sorted(set(skips)):
        print(f"skipped: {line}")
    for text in bad:
        print(text)
    print(f"{passed} passed, {failed} failed, {args.skipped + len(skips)} skipped")
    return failed > 0


sys.exit(main())

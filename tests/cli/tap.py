# SPDX-License-Identifier: MIT
"""TAP for the tests of the program: a case is a function whose docstring says what holds."""
import sys
import traceback


class Skip(Exception):
    """The case cannot be shown here; the text says why."""


def run(cases):
    """Run the functions in order, print TAP, exit 1 if one failed."""
    failed = 0
    print(f"1..{len(cases)}")
    for n, case in enumerate(cases, 1):
        name = (case.__doc__ or case.__name__).strip().splitlines()[0].replace("#", "")
        try:
            case()
            print(f"ok {n} - {name}")
        except Skip as why:
            print(f"ok {n} - {name} # SKIP {why}")
        except Exception:  # Whatever it is, the case did not hold.
            failed = 1
            print(f"not ok {n} - {name}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    sys.exit(failed)


def skip_all(why):
    """No case of this file can be shown here."""
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def eq(got, want):
    assert got == want, f"got {got!r}, not {want!r}"

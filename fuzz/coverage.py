#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Table of llvm-cov's summary (JSON on standard input) per layer. Usage: coverage.py LEAST; exit 1 below."""
import json
import sys

LAYERS = ("wire", "ip", "tcp")
KINDS = ("regions", "branches", "lines", "functions")


def main():
    least = float(sys.argv[1])
    files = json.load(sys.stdin)["data"][0]["files"]
    total = {kind: [0, 0] for kind in KINDS}
    print(f"{'':12}" + "".join(f"{kind:>20}" for kind in KINDS))
    for layer in (*LAYERS, "all three"):
        sums = {kind: [0, 0] for kind in KINDS}
        for f in files if layer in LAYERS else []:
            if f"/src/{layer}/" in f["filename"] and f["filename"].endswith(".c"):
                for kind in KINDS:
                    sums[kind][0] += f["summary"][kind]["covered"]
                    sums[kind][1] += f["summary"][kind]["count"]
        for kind in KINDS:
            total[kind] = [a + b for a, b in zip(total[kind], sums[kind])]
        shown = sums if layer in LAYERS else total
        print(f"{layer:12}" + "".join(f"{got:>6} of {n:<5}{100 * got / max(n, 1):5.1f} %"
                                      for got, n in (shown[kind] for kind in KINDS)))
    percent = 100 * total["regions"][0] / max(total["regions"][1], 1)
    print(f"edges covered (clang regions): {percent:.1f} %, at least {least:.0f} % wanted")
    return percent < least


sys.exit(main())

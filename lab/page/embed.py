#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns files into one C file with a terminated array each. Usage: embed.py OUT FILE..."""
import pathlib
import sys

out = ["/* Made by embed.py. */"]
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    data = path.read_bytes() + b"\0"
    rows = [",".join(map(str, data[i : i + 24])) for i in range(0, len(data), 24)]
    array = "wf_page_" + path.name.replace(".", "_")
    out.append("extern const char %s[];\nconst char %s[] = {\n%s\n};\n" % (array, array, ",\n".join(rows)))
text = "\n".join(out)
if any(byte > 127 for name in sys.argv[2:] for byte in pathlib.Path(name).read_bytes()):
    sys.exit("embed.py: only ASCII files can be embedded as char")
pathlib.Path(sys.argv[1]).write_text(text)

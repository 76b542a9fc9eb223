# SPDX-License-Identifier: MIT
"""What the documentation says of urgent data. Usage: urgent_test.py PROJECT-FOLDER"""
# proves: TCP-URG-01 SHLD-13
import pathlib
import re
import sys

import tap

ROOT = pathlib.Path(sys.argv[1])
CALLS = re.compile(r"weft_sock_(?:send|recv)_urgent|weft_sock_at_mark|\bMSG_OOB\b")


def told():
    """the call that sends urgent data tells new programs not to use it"""
    text = (ROOT / "include" / "weft" / "sock.h").read_text()
    doc = re.search(r"/\*\*\n \* weft_sock_send_urgent\(\)(.*?)\*/", text, re.S).group(1)
    assert "new ones do not use urgent data" in re.sub(r"\s*\n \*\s*", " ", doc)


def unused():
    """no example, program or page uses it"""
    for folder, kinds in (("examples", "*.c"), ("tools", "*.c"), ("docs", "*.md"), ("man", "*.1")):
        for path in sorted((ROOT / folder).rglob(kinds)):
            assert not CALLS.search(path.read_text()), path


tap.run([told, unused])

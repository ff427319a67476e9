"""Writes the test cases of a Catch2 program as CTest tests.

    discover.py PROGRAM PREFIX LABEL OUTPUT

Catch2's own script for CMake loses test cases whose names hold a semicolon.
"""

import pathlib
import re
import subprocess
import sys

TIMEOUT_SECONDS = 120


def quoted(text):
    return '"' + re.sub(r'([\\"$@])', r"\\\1", text) + '"'


def main():
    program, prefix, label, output = sys.argv[1:]
    listing = subprocess.run([program, "--list-test-names-only"], capture_output=True, text=True, check=False)
    names = [name for name in listing.stdout.splitlines() if name.strip()]
    # The exit code is the number of test cases, or an error's.
    if not names or listing.stderr:
        sys.exit(f"{program} lists no test cases:\n{listing.stdout}{listing.stderr}")
    lines = []
    for name in names:
        test = quoted(f"{prefix}.{name}")
        wanted = re.sub(r"([\\,\[])", r"\\\1", name)
        # NoTests: a name that the filter does not find again is a failure, not a pass.
        lines.append(f"add_test({test} {quoted(program)} {quoted(wanted)} --warn NoTests)")
        lines.append(f"set_tests_properties({test} PROPERTIES LABELS {label} TIMEOUT {TIMEOUT_SECONDS})")
    pathlib.Path(output).write_text("\n".join(lines) + "\n")


main()

"""Holds README.md and docs/ to the code.

    check.py SOURCE_DIR

- A ```cpp sample stands under a line `<!-- path/of/file.cpp -->` and is part of that file, line by line, indentation aside: every
  sample is a program that the build compiles.
- Every relative link and picture leads to a file.
- docs/configuration.md lists the variables of src/base/variables.cpp, in that order and with those words.
"""

import pathlib
import re
import sys

FENCE = re.compile(r"(?:<!-- (?P<path>\S+) -->\n)?```cpp\n(?P<code>.*?)```", re.S)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
VARIABLE = re.compile(r'\{\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\}', re.S)


def lines_of(code):
    return [line.strip() for line in code.splitlines() if line.strip()]


def contains(whole, part):
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def check_page(root, page):
    text = page.read_text()
    for fence in FENCE.finditer(text):
        line = text[:fence.start()].count("\n") + 1
        if not fence["path"]:
            yield f"{page}:{line}: the sample does not say which file it is from: put <!-- examples/name.cpp --> above it"
        elif not (root / fence["path"]).is_file():
            yield f"{page}:{line}: {fence['path']} does not exist"
        elif not contains(lines_of((root / fence["path"]).read_text()), lines_of(fence["code"])):
            yield f"{page}:{line}: the sample is not what {fence['path']} says: copy it from there"
    for link in LINK.finditer(text):
        if not (page.parent / link[1]).exists():
            yield f"{page}:{text[:link.start()].count(chr(10)) + 1}: {link[1]} does not exist"


def check_variables(root):
    source = (root / "src/base/variables.cpp").read_text()
    rows = []
    for name, meaning, default in VARIABLE.findall(re.sub(r'"\s*\n\s*"', "", source)):
        rows.append(f"| `{name}` | {meaning} | {f'`{default}`' if default else ''} |")
    if not rows:
        yield "src/base/variables.cpp: no variables found"
    page = root / "docs/configuration.md"
    written = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    for row in rows:
        if row not in written:
            yield f"{page}: missing or different: {row}"
    for line in written:
        if line not in rows:
            yield f"{page}: not a variable of src/base/variables.cpp: {line}"
    if not (set(rows) ^ set(written)) and rows != written:
        yield f"{page}: the order is not that of src/base/variables.cpp"


def main():
    root = pathlib.Path(sys.argv[1])
    problems = []
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        problems += check_page(root, page)
    problems += check_variables(root)
    print("\n".join(problems) or "the documents agree with the code")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

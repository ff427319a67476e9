"""Compiles one source and holds its functions to the limits written in it.

    check.py --objdump PROGRAM SOURCE -- COMPILER FLAG...

A line `// limit: function_name 18 no-lock` in the source says that the hot path of the function has
at most 18 instructions and no lock prefix. The hot path is what runs from the entry to the first ret
(the ret not counted) when no conditional jump is taken: compilers lay out unlikely parts behind it.
A call or a jump to another function on the way is a failure unless the line says `calls`.
"""

import pathlib
import platform
import re
import subprocess
import sys
import tempfile

LIMIT = re.compile(r"^\s*//\s*limit:\s*(\w+)\s+(\d+)((?:\s+(?:no-lock|calls))*)\s*$", re.M)
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(\S.*)$")
RELOCATION = re.compile(r"^\s+[0-9a-f]+:\s+(R_\S+)\s+(\S+)")
RETURNS = re.compile(r"^(?:repz |rep |bnd |notrack )*ret")
PADDING = re.compile(r"^(?:nop|endbr64|data16|cs nop|xchg\s+%ax,%ax)")


def disassemble(objdump, compiler, source):
    """The functions of the source by name, each a list of (address, instruction)."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "code.o"
        subprocess.run([*compiler, "-c", source, "-o", str(output)], check=True)
        text = subprocess.run([objdump, "-dr", "--no-show-raw-insn", str(output)], check=True,
                              capture_output=True, text=True).stdout
    functions = {}
    lines = None
    for line in text.splitlines():
        if begin := FUNCTION.match(line):
            lines = functions.setdefault(begin[1], [])
        elif lines is not None and (instruction := INSTRUCTION.match(line)):
            lines.append((int(instruction[1], 16), instruction[2].strip()))
        elif lines and (relocation := RELOCATION.match(line)):
            # The linker's part: where a call or a jump out of the function goes to.
            lines[-1] = (lines[-1][0], f"{lines[-1][1]}   # {relocation[1]} {relocation[2]}")
    return functions


def hot_path(name, function):
    """The instructions up to the first ret, and those among them that leave for another function."""
    position = {address: index for index, (address, _) in enumerate(function)}
    path, leaving, index, seen = [], [], 0, set()
    while index < len(function) and index not in seen:
        seen.add(index)
        instruction = function[index][1]
        index += 1
        if RETURNS.match(instruction):
            return path, leaving
        if PADDING.match(instruction):
            continue
        path.append(instruction)
        if instruction.startswith("call"):
            leaving.append(instruction)
        elif instruction.startswith("jmp"):
            target = re.match(r"jmp\s+([0-9a-f]+) <([^>+]+)", instruction)
            if not target or target[2] != name or "# R_" in instruction:
                leaving.append(instruction)
                return path, leaving  # a tail call ends the function as a ret does
            index = position[int(target[1], 16)]
    return path, ["no ret was found"]


def main():
    if platform.machine() != "x86_64":
        print("the limits are written for x86-64")
        sys.exit(77)
    objdump, source, compiler = sys.argv[2], sys.argv[3], sys.argv[5:]
    text = pathlib.Path(source).read_text()
    limits = LIMIT.findall(text)
    written = len(re.findall(r"//\s*limit:", text))
    if not limits or len(limits) != written:
        sys.exit(f"{source}: {written} limit lines, {len(limits)} of them readable: "
                 "write `// limit: function_name 18 no-lock`")

    functions = disassemble(objdump, compiler, source)
    bad = 0
    for name, most, words in limits:
        if name not in functions:
            print(f"{name}: not in the object file; is it extern \"C\" and not static?")
            bad += 1
            continue
        whole = [instruction for _, instruction in functions[name]]
        path, leaving = hot_path(name, functions[name])
        problems = []
        if len(path) > int(most):
            problems.append(f"{len(path)} instructions, at most {most} are allowed")
        if "no-lock" in words:
            # xchg with memory locks by itself.
            problems += [f"locks: {line}" for line in whole
                         if re.match(r"lock |xchg\s.*\(", line) and not PADDING.match(line)]
        if "calls" not in words:
            problems += [f"leaves the function: {line}" for line in leaving]
        print(f"{name}: {len(path)} instructions of {most}")
        if problems:
            bad += 1
            print("\n".join("    " + line for line in problems + ["in full:"] + whole))
    sys.exit(1 if bad else 0)


main()

"""Prints, as JSON, what including a header costs the compiler.

    compile_cost.py SOURCES INCLUDE REPETITIONS COMPILER FLAG...

Each source below SOURCES is a program that does nothing, with a header and without. Measured is the CPU time of the
compiler; the repetitions take turns, so that a slow minute hits all of them.
"""

import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    sources, include, repetitions, compiler = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    spdlog = subprocess.run(["pkg-config", "--cflags", "spdlog"], check=True, capture_output=True, text=True)
    command = [*compiler, "-std=c++20", "-I", include, *spdlog.stdout.split(), "-c", "-o", os.devnull]
    files = sorted(pathlib.Path(sources).glob("*.cpp"))
    rounds = []
    for repetition in range(repetitions + 1):
        seconds = {f"compile_{file.stem}": cpu_seconds([*command, str(file)]) for file in files}
        nothing = seconds.pop("compile_nothing")
        if repetition > 0:  # the first reads the headers from the disk
            rounds.append({name: taken - nothing for name, taken in seconds.items()})
    print(json.dumps({name: {"seconds": statistics.median(one[name] for one in rounds),
                             "low": min(one[name] for one in rounds), "high": max(one[name] for one in rounds)}
                      for name in rounds[0]}))


main()

"""Turns what benchmarks/run measured into one table.

    report.py RAW MODE [--results FOLDER] [--document FILE --plot FILE]

RAW holds Google Benchmark's JSON (PROGRAM.PROCESS.json), memory.jsonl, compile.json and callgrind's dumps. The table
goes to the standard output; with --results its data are kept as one JSON file for each machine and compiler; with
--document the tables between the markers of FILE are replaced and the plot is drawn from the same data.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

from rows import OPENTELEMETRY, SECTIONS

THREADS = (1, 2, 4, 8)
WORDS = {"operation", "who", "how", "asked for"}
UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


# ---- Reading ----

def read_times(raw):
    """CPU nanoseconds by (name, threads), a list of repetitions for each process; user counters by name."""
    times = collections.defaultdict(dict)
    counters = collections.defaultdict(dict)
    compiler = ""
    for path in sorted(raw.glob("*.json")):
        program, _, process = path.stem.partition(".")
        if not process:
            continue
        content = json.loads(path.read_text())
        compiler = content["context"].get("compiler", compiler)
        for run in content["benchmarks"]:
            if run["run_type"] != "iteration":
                continue
            name = re.sub(r"/(threads|iterations):\d+", "", run["name"])
            series = run.get("series", 1)
            taken = run["cpu_time"] * UNITS[run["time_unit"]] / series
            threads = run["threads"]
            # The floor of counting is measured in two programs: each row is compared with its own program's.
            times[program, name, threads].setdefault(int(process), []).append(taken)
            for counter in ("allocations", "exported_share"):
                if counter in run:
                    counters[name].setdefault(counter, []).append(run[counter])
    return times, counters, compiler


def read_instructions(raw):
    """Instructions of one call by name, from the difference of two dumps, the function's `ret` not counted."""
    totals = collections.defaultdict(dict)
    for path in (raw / "callgrind").glob("out.*"):
        text = path.read_text()
        trigger = re.search(r"^desc: Trigger: Client Request: (\w+):(\d+)$", text, re.M)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
        if trigger and total:
            totals[trigger[1]][int(trigger[2])] = int(total[1])
    counted = {}
    for name, by_calls in totals.items():
        few, many = min(by_calls), max(by_calls)
        counted[name] = (by_calls[many] - by_calls[few]) / (many - few) - 1
    return counted


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def machine():
    cpu = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return {"cpu": re.sub(r"\((R|TM)\)", "", cpu).strip(), "cores": len(os.sched_getaffinity(0)),
            "architecture": platform.machine(), "system": distribution(), "load": round(os.getloadavg()[2], 1)}


def distribution():
    try:
        text = pathlib.Path("/etc/os-release").read_text()
        return re.search(r'^PRETTY_NAME="?([^"\n]*)', text, re.M)[1]
    except (OSError, TypeError):
        return platform.system()


def version(package):
    found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
    return re.sub(r"^\d+:|[-+~].*$", "", found.stdout) or "of unknown version"


# ---- Computing ----

def centre(processes):
    """The median over the processes of each one's median; the lowest and the highest of those (or of the repetitions,
    where there is one process)."""
    medians = [statistics.median(repetitions) for repetitions in processes.values()]
    if len(medians) == 1:
        medians = next(iter(processes.values()))
    return {"median": statistics.median(medians), "low": min(medians), "high": max(medians)}


def ratio(numerator, denominator):
    """The median over the processes of the ratio within one process."""
    return statistics.median(statistics.median(numerator[process]) / statistics.median(denominator[process])
                             for process in numerator if process in denominator)


def gather(raw, mode):
    times, counters, compiler = read_times(raw)
    instructions = read_instructions(raw)
    memory = {line["name"]: line["bytes"] for line in read_lines(raw / "memory.jsonl")}
    compile_time = (read_lines(raw / "compile.json") or [{}])[0]
    programs = {}
    for program, name, _ in times:
        programs.setdefault(name, []).append(program)

    measured = {}
    for section in SECTIONS:
        for row in section["rows"]:
            name = row["name"]
            entry = {}
            if name in programs:
                program = programs[name][0]
                entry["ns"] = {str(threads): centre(times[program, name, threads])
                               for threads in THREADS if (program, name, threads) in times}
                for kind in ("floor", "rival"):
                    other = row.get(kind)
                    at = [t for t in THREADS if (program, name, t) in times and (program, other, t) in times]
                    if other and at:
                        entry["times_" + kind] = {
                            str(t): ratio(times[program, name, t], times[program, other, t]) for t in at}
                entry.update({key: statistics.median(seen) for key, seen in counters.get(name, {}).items()})
            if name in instructions:
                entry["instructions"] = round(instructions[name], 1)
            if name in memory:
                entry["bytes"] = memory[name]
                if row.get("rival") in memory:
                    entry["times_rival"] = {"1": memory[name] / memory[row["rival"]]}
            if name in compile_time:
                entry["compile"] = compile_time[name]
                if row.get("rival") in compile_time:
                    entry["times_rival"] = {"1": compile_time[name]["seconds"] / compile_time[row["rival"]]["seconds"]}
            if entry:
                measured[name] = entry
    processes = max((len(by_process) for by_process in times.values()), default=0)
    repetitions = max((len(one) for by_process in times.values() for one in by_process.values()), default=0)
    rivals = {"prometheus-cpp": version("prometheus-cpp-dev"), "spdlog": version("libspdlog-dev")}
    if any("opentelemetry" in name for name in measured):
        rivals[OPENTELEMETRY] = version("opentelemetry-cpp-dev")
    return {"date": datetime.date.today().isoformat(), "mode": mode, "machine": machine(), "compiler": compiler,
            "flags": "-O2 -DNDEBUG, shared libraries", "processes": processes, "repetitions": repetitions,
            "rivals": rivals, "rows": measured}


def verdict(row, entry):
    """What was measured of what was asked for, and whether it is reached: `15/18 instr met, 1.8/1.5x floor MISSED`."""
    words = []
    for kind, most in row["most"].items():
        value, unit = {
            "instructions": (entry.get("instructions"), " instr"),
            "floor": (max(entry.get("times_floor", {}).values(), default=None), "x floor"),  # on any number of threads
            "rival": (entry.get("times_rival", {}).get("1"), "x rival"),
            "ns": (entry.get("ns", {}).get("1", {}).get("median"), " ns"),
            "bytes": (entry.get("bytes"), " B"),
            "allocations": (entry.get("allocations"), " allocations"),
        }[kind]
        if value is not None:
            words.append(f"{number(value)}/{most}{unit} {'met' if value <= most else 'MISSED'}")
    return ", ".join(words)


# ---- Showing ----

def number(value):
    """Three digits, or two below 1; whole numbers as they are."""
    if value is None:
        return ""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    digits = 1 if value >= 10 else 2
    while 0 < value < 10 ** (1 - digits):
        digits += 1
    return f"{value:.{digits}f}"


def spread(one):
    """How far the highest of the processes' medians is above the lowest."""
    return f"{100 * (one['high'] / one['low'] - 1):.0f} %" if one["low"] > 0 else ""


def cells(section, row, entry):
    """The columns of one row, by heading."""
    times = entry.get("ns", {})
    first = times.get("1", {})
    out = {"operation": row["text"], "who": row["who"], "how": row.get("how", "")}
    if "instructions" in entry:
        out["instr"] = f"{entry['instructions']:,.0f}"
    if first:
        out[section["unit"]] = number(first["median"])
        out["spread"] = spread(first)
    elif "bytes" in entry:
        out[section["unit"]] = number(entry["bytes"])
    elif "compile" in entry:
        one = entry["compile"]
        out[section["unit"]] = number(1000 * one["seconds"])
        out["spread"] = spread(one)
    if section.get("threads"):
        for threads in THREADS[1:]:
            out[f"{threads} thr"] = number(times.get(str(threads), {}).get("median"))
    for kind in ("floor", "rival"):
        value = entry.get("times_" + kind, {}).get("1")
        if value is not None:
            out["x " + kind] = number(value)
    notes = [verdict(row, entry)]
    if "allocations" in entry and "allocations" not in row["most"]:
        notes.append(f"{entry['allocations']:,.0f} allocations")
    if "exported_share" in entry:
        notes.append(f"{100 * entry['exported_share']:.0f} % exported, the rest dropped")
    out["asked for"] = "; ".join(note for note in notes if note)
    return out


def headings(section, rows):
    order = ["operation", "who", "how", "instr", section["unit"], *(f"{t} thr" for t in THREADS[1:]), "spread",
             "x floor", "x rival", "asked for"]
    return [heading for heading in order if any(row.get(heading) for row in rows)]


def tables(data):
    for section in SECTIONS:
        known = [row for row in section["rows"] if row["name"] in data["rows"]]
        rows = [cells(section, row, data["rows"][row["name"]]) for row in known]
        if rows:
            yield section, headings(section, rows), rows


def heading_line(data):
    where = data["machine"]
    return (f"{where['cpu']}, {where['cores']} cores, {where['system']}, {data['compiler']}, {data['flags']}; "
            f"{', '.join(f'{rival} {release}' for rival, release in data['rivals'].items())}; "
            f"processes {data['processes']}, repetitions {data['repetitions']}, "
            f"15-minute load {where['load']}; {data['date']}")


def print_terminal(data):
    """One table: the same columns for all sections, each under its own heading line."""
    columns = ["operation", "who", "how", "instr", "value", *(f"{t} thr" for t in THREADS[1:]), "spread", "x floor",
               "x rival", "asked for"]
    lines = []
    for section, _, rows in tables(data):
        lines.append(section)
        for row in rows:
            row["value"] = row.get(section["unit"], "")
            lines.append(row)
    width = {c: max([len(c)] + [len(l.get(c, "")) for l in lines if "rows" not in l]) for c in columns}
    numeric = set(columns) - WORDS

    def line(row):
        sides = ((row.get(c, ""), width[c], c in numeric) for c in columns)
        return "  ".join(text.rjust(room) if right else text.ljust(room) for text, room, right in sides).rstrip()

    print(heading_line(data))
    print()
    print(line({c: c for c in columns}))
    for row in lines:
        if "rows" in row:
            print(f"-- {row['title']} ({row['unit']}) ".ljust(sum(width.values()) + 2 * len(columns) - 2, "-"))
        else:
            print(line(row))


def markdown(data):
    out = [f"Measured on {heading_line(data)}.", ""]
    for section, columns, rows in tables(data):
        out += [f"### {section['title']}", ""]
        out.append("| " + " | ".join(columns) + " |")
        out.append("|" + "|".join("---" if c in WORDS else "--:" for c in columns) + "|")
        out += ["| " + " | ".join(row.get(c, "") for c in columns) + " |" for row in rows]
        out.append("")
    return "\n".join(out)


def write_document(path, data):
    begin, end = "<!-- tables: written by benchmarks/run -->", "<!-- end of tables -->"
    text = path.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"{path}: the markers '{begin}' and '{end}' must be there once each")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n{markdown(data)}{end}{after}")


def write_plot(path, data):
    """Increments by threads, and the other operations beside their rivals, drawn by gnuplot."""
    rows = data["rows"]
    lines = [("counter_floor", "plain thread-local addition"), ("counter_held", "telltale, held"),
             ("counter_enum_3", "telltale, three enum labels"), ("counter_text", "telltale, text and two enum labels"),
             ("counter_prometheus_held", "prometheus-cpp, held"),
             ("counter_prometheus_lookup", "prometheus-cpp, three labels looked up")]
    pairs = [("histogram", "histogram_held", "histogram_prometheus"), ("log line", "log_six_fields", "log_spdlog"),
             ("scrape,\\ncounter", "scrape_counter_text/10000", "scrape_counter_prometheus/10000"),
             ("scrape,\\nhistogram", "scrape_histogram_text/10000", "scrape_histogram_prometheus/10000")]
    script = ["set terminal svg size 1000,480 font 'sans-serif,12' background '#ffffff'", "set output '/dev/stdout'",
              "set multiplot layout 1,2", "set logscale y", "set grid ytics lc rgb '#dddddd'",
              "set title 'An increment: CPU nanoseconds by threads'", "set xlabel 'threads'", "set xtics (1, 2, 4, 8)",
              "set xrange [0.5:8.5]", "set key below maxcols 2 font ',11'", "set yrange [0.1:1000]"]
    for name, _ in lines:
        points = "\n".join(f"{threads} {value['median']}" for threads, value in rows[name]["ns"].items())
        script.append(f"${name} << EOD\n{points}\nEOD")
    script.append("plot " + ", ".join(f"${name} using 1:2 with linespoints lw 2 pt 7 title '{title}'"
                                      for name, title in lines))
    points = "\n".join(f'"{label}" {rows[ours]["ns"]["1"]["median"]} {rows[theirs]["ns"]["1"]["median"]}'
                       for label, ours, theirs in pairs)
    script += ["set title 'Nanoseconds, one thread (scrapes: a series)'", "unset xlabel", "set xtics auto",
               "set xrange [*:*]",
               "set yrange [1:*]", "set style data histograms", "set style fill solid", "set boxwidth 0.9",
               "set key inside top left vertical", f"$pairs << EOD\n{points}\nEOD",
               "plot $pairs using 2:xtic(1) lc rgb '#1b6ca8' title 'telltale', "
               "'' using 3 lc rgb '#c0c0c0' title 'prometheus-cpp, spdlog'"]
    drawn = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", capture_output=True, text=True)
    if drawn.returncode != 0:
        sys.exit(f"gnuplot failed: {drawn.stderr}")
    path.write_text(drawn.stdout)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("raw", type=pathlib.Path)
    arguments.add_argument("mode")
    arguments.add_argument("--results", type=pathlib.Path)
    arguments.add_argument("--document", type=pathlib.Path)
    arguments.add_argument("--plot", type=pathlib.Path)
    chosen = arguments.parse_args()

    data = gather(chosen.raw, chosen.mode)
    print_terminal(data)
    if chosen.results:
        where = data["machine"]
        label = re.sub(r"[^a-z0-9]+", "-", f"{where['cpu']} {where['cores']} {data['compiler']}".lower()).strip("-")
        path = chosen.results / f"{label}.json"
        path.write_text(json.dumps(data, indent=1) + "\n")
        print(f"\ndata: {path}")
    if chosen.document:
        write_document(chosen.document, data)
        write_plot(chosen.plot, data)
        print(f"tables: {chosen.document}; plot: {chosen.plot}")


main()

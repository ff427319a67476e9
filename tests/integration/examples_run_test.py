"""examples/run: the summary read back from a real Prometheus is complete and true, and nothing keeps running, whether it
ends by itself, is interrupted, asked to end or killed."""

import os
import re
import shutil
import signal
import subprocess
import tempfile

from payments_processes import PROGRAMS, skip, until

for program in ("prometheus", "curl", "setpriv"):
    if not shutil.which(program):
        skip(program)

SCRIPT = os.path.join(os.environ["TELLTALE_SOURCE_DIR"], "examples", "run")
SUMMARY = [r"up 1", r"requests_per_second [\d.]+", r"error_ratio [\d.e-]+", r"p95_seconds [\d.e-]+",
           r'payments\{status="declined"\} \d+', r'payments\{status="failed"\} \d+', r'payments\{status="succeeded"\} \d+',
           r"\(equal to the \d+ rows in SQLite\)", r"trace [0-9a-f]{32}", r"Both processes stopped cleanly.*"]


def start(folder, *options):
    return subprocess.Popen([SCRIPT, "--programs", PROGRAMS, "--rate", "60", "--keep", os.path.join(folder, "kept"), *options],
                            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def servers_of(pid):
    """The four programs that the script started."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                name, _, rest = file.read().partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest.split()[1]) == pid and name in ("prometheus", "payments_servic", "psp_simulator", "traffic"):
            found.append(int(entry))
    return found


def check_summary():
    with tempfile.TemporaryDirectory() as folder:
        run = start(folder, "--for", "6s")
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 0, output
        for expected in SUMMARY:
            assert re.search(f"^{expected}$", output, re.MULTILINE), (expected, output)
        trace = re.search("^trace ([0-9a-f]{32})$", output, re.MULTILINE).group(1)
        for name in ("service", "simulator"):
            with open(os.path.join(folder, "kept", name + ".log"), encoding="utf-8") as file:
                kept = [line.strip() for line in file if trace in line]
            assert kept and all("  " + line in output for line in kept), (name, kept)


def check_nothing_left(how, status):
    with tempfile.TemporaryDirectory() as folder:
        run = start(folder)
        servers = until("all four programs run", lambda: (found := servers_of(run.pid)) and len(found) == 4 and found)
        run.send_signal(how)
        output, _ = run.communicate(timeout=60)
        assert run.returncode == status, (how, run.returncode, output)
        until("nothing is left", lambda: not any(map(alive, servers)))


check_summary()
check_nothing_left(signal.SIGINT, 0)
check_nothing_left(signal.SIGTERM, 143)
check_nothing_left(signal.SIGKILL, -signal.SIGKILL)

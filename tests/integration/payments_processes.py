"""Starts the sample payments service and its provider for a test, on free ports, and leaves nothing behind."""

import contextlib
import ctypes
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PROGRAMS = os.path.join(os.environ["TELLTALE_BUILD_DIR"], "examples", "payments")
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
TOKEN = "a-token-for-tests"


def skip(missing):
    print(f"missing: {missing}")
    sys.exit(1 if os.environ.get("TELLTALE_REQUIRE_ORACLES") == "1" else SKIPPED)


def until(what, condition, seconds=30):
    """Polls until the condition gives something, and returns that; fails at the deadline."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s for this: {what}"
        time.sleep(0.02)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Process:
    """One of the two servers: its addresses, its log, its spans."""

    def __init__(self, folder, name, program, *options):
        self.log_path = os.path.join(folder, name + ".log")
        self.span_path = os.path.join(folder, name + ".spans")
        ports = os.path.join(folder, name + ".ports")
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, program), "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
             "--log-file", self.log_path, "--span-file", self.span_path, "--port-file", ports, *options],
            preexec_fn=die_with_parent, stdin=subprocess.DEVNULL)

        def addresses():
            assert self.process.poll() is None, f"{program} left with {self.process.poll()}"
            return os.path.exists(ports)

        until(f"{program} listens", addresses)
        with open(ports, encoding="ascii") as file:
            found = dict(line.split() for line in file)
        self.api, self.metrics_address = found["api"], found["metrics"]

    def ask(self, method, path, body=None, headers=None, seconds=20):
        """Status and JSON body; bytes are sent as they are."""
        connection = http.client.HTTPConnection(self.api, timeout=seconds)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} if data is not None else {}
            connection.request(method, path, body=data, headers={**sent, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    def get(self, path, accept=None):
        """Status and text from the port of /metrics."""
        connection = http.client.HTTPConnection(self.metrics_address, timeout=20)
        try:
            headers = {"Authorization": "Bearer " + TOKEN}
            if accept:
                headers["Accept"] = accept
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8")
        finally:
            connection.close()

    def samples(self):
        found = {}
        for line in self.get("/metrics")[1].splitlines():
            if line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                found[series] = float(value)
        return found

    def log(self):
        """Every line, each valid JSON."""
        with open(self.log_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def spans(self):
        with open(self.span_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Both:
    def __init__(self, folder, service_options, simulator_options):
        self.folder = folder
        self.database = os.path.join(folder, "payments.db")
        token_path = os.path.join(folder, "token")
        with open(token_path, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(TOKEN)
        self.processes = []
        try:
            self.simulator = self.started("simulator", "psp_simulator", "--latency", "0.002", "--jitter", "0",
                                          "--webhook-delay", "0.01", "--webhook-token-file", token_path,
                                          *simulator_options)
            self.service = self.started("service", "payments_service", "--psp-url", "http://" + self.simulator.api,
                                        "--database", self.database, "--token-file", token_path,
                                        "--webhook-token-file", token_path, "--settle-every", "0.05", *service_options)
            self.dial(webhook_url="http://" + self.service.api)
        except BaseException:
            self.kill()
            raise

    def started(self, name, program, *options):
        process = Process(self.folder, name, program, *options)
        self.processes.append(process)
        return process

    def dial(self, **dials):
        status, body = self.simulator.ask("POST", "/admin/behaviour", dials)
        assert status == 200, body

    def kill(self):
        for process in self.processes:
            if process.process.poll() is None:
                process.process.kill()
                process.process.wait()

    def rows(self, query):
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def stored(self):
        """How many rows each table has."""
        tables = ("payments", "escrows", "settlements", "webhooks", "idempotency")
        return {table: self.rows(f"select count(*) from {table}")[0][0] for table in tables}

    def traffic(self, rate, seconds, seed=1):
        finished = subprocess.run(
            [os.path.join(PROGRAMS, "traffic"), "--target", "http://" + self.service.api, "--rate", str(rate),
             "--seconds", str(seconds), "--seed", str(seed)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)
        assert finished.returncode == 0, finished.stdout + finished.stderr

    def settled_down(self):
        """Waits until no request, webhook or settlement is left to do."""

        def quiet():
            service, simulator = self.service.samples(), self.simulator.samples()
            return (service["http_requests_in_flight"] == 0 and simulator["http_requests_in_flight"] == 0
                    and simulator["psp_webhooks_pending"] == 0 and service["settlement_backlog"] == 0
                    and self.rows("select count(*) from payments where state = 'captured'") == [(0,)])

        until("everything is done", quiet)


@contextlib.contextmanager
def payments(service_options=(), simulator_options=()):
    with tempfile.TemporaryDirectory() as folder:
        both = Both(folder, service_options, simulator_options)
        try:
            yield both
        finally:
            both.kill()


def order(**changes):
    return {"merchant": "acme", "amount_minor": 4200, "currency": "EUR", **changes}

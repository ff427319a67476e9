"""A live scrape of a hostile program, judged by promtool and by the OpenMetrics reference parser; the token file
rotated under load; thousands of idle and slow connections beside normal scrapes."""

import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def skip(missing):
    print(f"missing: {missing}")
    sys.exit(1 if os.environ.get("TELLTALE_REQUIRE_ORACLES") == "1" else SKIPPED)


def write_token(path, token):
    with open(path + ".new", "w", opener=lambda p, f: os.open(p, f, 0o600)) as out:
        out.write(token + "\n")
    os.rename(path + ".new", path)


class Service:
    def __init__(self, program, token_path):
        self.process = subprocess.Popen([program, token_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host, port = self.process.stdout.readline().strip().split(":")
        self.port = int(port)

    def stop(self):
        self.process.stdin.close()
        return self.process.wait(timeout=20)

    def get(self, path, token=None, accept=None, method="GET"):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        headers = {}
        if token:
            headers["Authorization"] = "Bearer " + token
        if accept:
            headers["Accept"] = accept
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read().decode("utf-8")  # strict
        connection.close()
        return response, body


def check_text(service):
    response, body = service.get("/metrics", "first")
    assert response.status == 200, response.status
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    judged = subprocess.run(["promtool", "check", "metrics"], input=body, text=True, capture_output=True, timeout=60)
    # 3 is lint: the hostile help and names are meant to be unusual. 1 would be a parse error.
    assert judged.returncode in (0, 3), (judged.returncode, judged.stderr)
    assert "\r" not in body
    lines = [line.rsplit(" ", 1)[0] for line in body.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines)), "duplicate series"


def check_openmetrics(service, parse):
    response, body = service.get("/metrics", "first", OPENMETRICS)
    assert response.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in parse(body)}
    charges = families["hostile_charges"]
    assert charges.type == "counter"
    merchants = {sample.labels["merchant"] for sample in charges.samples}
    for expected in ("", 'a"b', "back\\slash", "line\nbreak", "}", ',x="y"', "# EOF", "\\n", "€", "tab\there"):
        assert expected in merchants, repr(expected)
    assert any(merchant.startswith("x" * 100) for merchant in merchants)
    assert all(sample.labels["zone"] == 'a"b\\c\nd' for sample in charges.samples)
    assert "\n# TYPE x counter\n" in charges.documentation
    assert families["hostile_waited_seconds"].unit == "seconds"
    duration = families["hostile_charge_duration_seconds"]
    exemplars = [sample.exemplar for sample in duration.samples if sample.exemplar]
    assert exemplars and all(e.labels["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" for e in exemplars)
    bounds = [s.labels["le"] for s in duration.samples if s.name.endswith("_bucket") and s.labels["merchant"] == "plain"]
    assert bounds == ["1e-09", "0.005", "1.0", "10.0", "100000.0", "1e+06", "1e+300", "+Inf"], bounds


def check_endpoints(service):
    for path, token, expected in (
        ("/livez", None, 200), ("/readyz", None, 200), ("/health", None, 401), ("/health", "first", 200),
        ("/metrics", None, 401), ("/metrics", "wrong", 401), ("/nothing", "first", 404),
    ):
        response, body = service.get(path, token)
        assert response.status == expected, (path, response.status)
        assert "first" not in body
    report = json.loads(service.get("/health", "first")[1])
    assert report["status"] == "degraded" and report["service"] == 'hostile "service"'
    assert report["checks"]['data"base']["message"] == "line\nbreak"
    head, body = service.get("/metrics", "first", method="HEAD")
    assert head.status == 200 and body == "" and int(head.headers["Content-Length"]) > 1000
    response, _ = service.get("/metrics", "first", method="DELETE")
    assert response.status == 405 and response.headers["Allow"] == "GET, HEAD"


def check_crowd(service):
    """2,000 connections that say nothing or little; every normal scrape still succeeds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(2000, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, wanted + 100)), hard))
    crowd = []
    try:
        for number in range(wanted):
            connection = socket.create_connection((service.host, service.port), timeout=20)
            if number % 2:
                connection.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
            crowd.append(connection)
            if number % 100 == 0:
                assert service.get("/metrics", "first")[0].status == 200
        with open(f"/proc/{service.process.pid}/status") as status:
            facts = dict(line.split(":", 1) for line in status)
        assert int(facts["Threads"]) <= 6, facts["Threads"]
        assert len(os.listdir(f"/proc/{service.process.pid}/fd")) < 300
    finally:
        for connection in crowd:
            connection.close()


def check_rotation(service, token_path):
    write_token(token_path, "second")
    deadline = time.monotonic() + 20
    while service.get("/metrics", "second")[0].status != 200:
        assert time.monotonic() < deadline, "the new token was never accepted"
    assert service.get("/metrics", "first")[0].status == 401
    os.remove(token_path)
    while service.get("/metrics", "second")[0].status == 200:
        assert time.monotonic() < deadline, "a missing token file left the door open"
    assert service.get("/metrics")[0].status == 503


def main():
    if shutil.which("promtool") is None:
        skip("promtool (package prometheus)")
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        skip("python3-prometheus-client")
    program = os.path.join(os.environ["TELLTALE_BUILD_DIR"], "tests", "hostile_service")
    with tempfile.TemporaryDirectory() as directory:
        token_path = os.path.join(directory, "token")
        write_token(token_path, "first")
        service = Service(program, token_path)
        try:
            check_text(service)
            check_openmetrics(service, text_string_to_metric_families)
            check_endpoints(service)
            check_crowd(service)
            check_rotation(service, token_path)
        except BaseException:
            service.process.kill()
            service.process.wait()
            raise
        assert service.stop() == 0
    print("passed")


main()

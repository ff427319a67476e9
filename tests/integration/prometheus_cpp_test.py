"""Telltale and prometheus-cpp show each other's metrics, hostile ones among them: our registry through a live Exposer and
Gateway, theirs on our server; judged by promtool and by the reference parsers of both text formats."""

import http.client
import http.server
import math
import os
import shutil
import subprocess
import sys
import threading

SKIPPED = 77
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def skip(missing):
    print(f"missing: {missing}")
    sys.exit(1 if os.environ.get("TELLTALE_REQUIRE_ORACLES") == "1" else SKIPPED)


def get(address, accept=None):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
    response = connection.getresponse()
    body = response.read().decode("utf-8")  # strict
    connection.close()
    assert response.status == 200, response.status
    return body


def judge(body):
    judged = subprocess.run(["promtool", "check", "metrics"], input=body, text=True, capture_output=True, timeout=60)
    # 3 is lint: hostile names and help are meant to be unusual. 1 would be a parse error.
    assert judged.returncode in (0, 3), (judged.returncode, judged.stderr)
    lines = [line.rsplit(" ", 1)[0] for line in body.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines)), "duplicate series"


def by_sample(families):
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def find(samples, name, **labels):
    return samples[(name, frozenset(labels.items()))]


def check_ours_on_theirs(body, parse):
    judge(body)
    samples = by_sample(parse(body))
    zone = 'a"b\\c\nd'
    assert find(samples, "own_total", zone=zone, merchant='x"\\\n') >= 1
    count = find(samples, "own_size_bytes_count", zone=zone)
    assert count >= 1 and find(samples, "own_size_bytes_bucket", zone=zone, le="+Inf") == count
    assert find(samples, "own_size_bytes_bucket", zone=zone, le="1") == 0
    assert body.count("# TYPE own_size_bytes ") == 1


def check_foreign(samples):
    """What must be there of theirs, in either format."""
    assert find(samples, "their_hits_total", k='v"\n') >= 1
    count = find(samples, "their_wait_seconds_count")
    assert count >= 1 and find(samples, "their_wait_seconds_bucket", le="+Inf") == count
    assert find(samples, "their_age_seconds", quantile="0.5") == 2
    assert find(samples, "hostile_no_suffix") == 0
    assert find(samples, "hostile_labels", v="a\"b\\c\nd\r") == 0
    assert find(samples, "hostile_labels", v="bad \ufffd( \ufffd") == 0
    assert find(samples, "hostile_labels", v="2", w="1") == 0
    assert find(samples, "hostile_values_total") == math.inf
    # Of the bounds of series 0, 1 and 4, they have 1.0 in common.
    assert find(samples, "hostile_buckets_bucket", i="0", le="1.0") == 2
    assert find(samples, "hostile_buckets_bucket", i="0", le="+Inf") == 3
    assert find(samples, "hostile_buckets_bucket", i="1", le="+Inf") == 9
    assert find(samples, "hostile_negative_bucket", le="-2.0") == 1
    assert math.isnan(find(samples, "hostile_summary", quantile="0.9"))
    assert find(samples, "hostile_twice") == 0

    def rejected(metric, reason):
        zone = 'a"b\\c\nd'
        return find(samples, "telltale_foreign_rejected_total", zone=zone, metric=metric, reason=reason)

    for name in ("", "1st", "with.dot", "with space", "line\nbreak 1", "\ufffd"):
        assert rejected(name, "invalid_name") > 0
    for name in ("own_total", "own_created", "hostile_summary_count", "hostile_twice"):
        assert rejected(name, "name_clash") > 0
    assert rejected("hostile_labels", "invalid_label") >= 3 and rejected("hostile_labels", "duplicate_series") > 0
    assert rejected("hostile_values_total", "invalid_value") >= 2
    assert rejected("hostile_buckets", "invalid_buckets") >= 2 and rejected("hostile_buckets", "bounds_differ") > 0
    assert rejected("hostile_summary", "invalid_label") > 0
    assert rejected("their_hits_total", "duplicate_series") > 0  # attached twice
    assert rejected("*", "collector_failed") > 0


def check_theirs_on_ours(address, parse_text, parse_openmetrics):
    text = get(address)
    judge(text)
    in_text = by_sample(parse_text(text))
    # The parser of the text format gives every counter the _total that it has in OpenMetrics.
    assert "\n# TYPE hostile_no_suffix counter\nhostile_no_suffix 0\n" in text
    in_text[("hostile_no_suffix", frozenset())] = in_text.pop(("hostile_no_suffix_total", frozenset()))
    check_foreign(in_text)
    openmetrics = get(address, OPENMETRICS)
    families = {family.name: family for family in parse_openmetrics(openmetrics)}
    in_openmetrics = by_sample(families.values())
    check_foreign(in_openmetrics)
    assert families["hostile_no_suffix"].type == "unknown" and families["their_hits"].type == "counter"
    # OpenMetrics forbids sums that are NaN or may fall, and negative quantiles; nothing else differs, no name least of all.
    missing = {name for name, labels in set(in_text) - set(in_openmetrics)}
    assert missing <= {"hostile_buckets_sum", "hostile_buckets_count", "hostile_negative_sum", "hostile_negative_count",
                       "hostile_summary_sum", "hostile_summary"}, missing
    assert not set(in_openmetrics) - set(in_text)


def check_together(addresses):
    """Scrapes of both endpoints at the same time, while both libraries count."""
    failures = []

    def scrape(address):
        try:
            for _ in range(20):
                judge_lines = get(address).splitlines()
                assert any(line.startswith("their_hits_total") for line in judge_lines)
        except BaseException as problem:
            failures.append(problem)

    threads = [threading.Thread(target=scrape, args=(address,)) for address in addresses * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


class Pushgateway(http.server.BaseHTTPRequestHandler):
    pushed = []

    def do_POST(self):  # their Push; PushAdd is their PUT
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.pushed.append((self.path, body.decode("utf-8")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def main():
    if shutil.which("promtool") is None:
        skip("promtool (package prometheus)")
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
        from prometheus_client.parser import text_string_to_metric_families as parse_text
    except ImportError:
        skip("python3-prometheus-client")
    program = os.path.join(os.environ["TELLTALE_BUILD_DIR"], "tests", "prometheus_cpp_service")
    if not os.path.exists(program):
        skip("prometheus-cpp-dev")
    gateway = http.server.HTTPServer(("127.0.0.1", 0), Pushgateway)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    process = subprocess.Popen([program, str(gateway.server_port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ours, exposer = process.stdout.readline().strip(), process.stdout.readline().strip()
        assert process.stdout.readline().strip() == "200"
        (path, pushed), = Pushgateway.pushed
        assert path == "/metrics/job/bridge", path
        check_ours_on_theirs(pushed, parse_text)
        check_ours_on_theirs(get(exposer), parse_text)
        check_theirs_on_ours(ours, parse_text, parse_openmetrics)
        check_together([ours, exposer])
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        gateway.shutdown()
        gateway.server_close()
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    print("passed")


main()

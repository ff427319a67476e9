#!/usr/bin/python3
"""What examples/run prints at the end, read back from a real Prometheus over its HTTP API.

Waits until the service has nothing more to do and Prometheus has scraped its last values, compares the payments by
outcome with the rows in SQLite, and follows one exemplar from Prometheus into the logs of both processes. Leaves with 1
when anything of that is missing, and says what.
"""
import argparse
import json
import os
import sqlite3
import sys
import time
import urllib.parse
import urllib.request

DEADLINE_SECONDS = 30


class Missing(Exception):
    """Something that the summary must show is not there."""


def fetch(url, token=None):
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode("utf-8")


def scrape(url, token=None):
    """The samples of a live /metrics page: {'name{labels}': value}."""
    samples = {}
    for line in fetch(url, token).splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            samples[series] = float(value)
    return samples


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        answer = json.loads(fetch(self.url + "/api/v1/" + path + "?" + urllib.parse.urlencode(parameters)))
        if answer["status"] != "success":
            raise Missing("Prometheus answers " + json.dumps(answer))
        return answer["data"]

    def vector(self, query, at=None):
        parameters = {"query": query} if at is None else {"query": query, "time": at}
        return [(entry["metric"], float(entry["value"][1])) for entry in self.ask("query", **parameters)["result"]]

    def number(self, query, at=None):
        found = self.vector(query, at)
        if len(found) != 1:
            raise Missing(f"Prometheus has {len(found)} answers to {query}")
        return found[0][1]


def until(what, condition):
    """Polls a condition until it gives something; the reason why not becomes the error."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            found = condition()
            if found:
                return found
            reason = "not so yet"
        except (OSError, Missing, KeyError) as problem:
            reason = str(problem)
        if time.monotonic() > end:
            raise Missing(f"waited {DEADLINE_SECONDS} s for this: {what} ({reason})")
        time.sleep(0.2)


def rows_by_outcome(database):
    connection = sqlite3.connect(f"file:{urllib.parse.quote(database)}?mode=ro", uri=True)
    try:
        query = "select outcome, count(*) from payments where outcome is not null group by outcome"
        return dict(connection.execute(query).fetchall())
    finally:
        connection.close()


def lines_with(path, trace_id):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if trace_id in line and json.loads(line).get("trace_id") == trace_id]


def nothing_left_to_do(service, simulator):
    return (service["http_requests_in_flight"] == 0 and service["settlement_backlog"] == 0
            and simulator["http_requests_in_flight"] == 0 and simulator["psp_webhooks_pending"] == 0)


def correlated(prometheus, begin, end, logs):
    """The trace id of an exemplar whose request is told of in the logs of both processes, the fullest one first."""
    query = 'http_request_duration_seconds_bucket{job="payments",route="/payments/{id}/capture"}'
    best = (0, None, None)
    for series in prometheus.ask("query_exemplars", query=query, start=begin, end=end):
        for exemplar in series["exemplars"]:
            trace_id = exemplar["labels"]["trace_id"]
            found = [lines_with(path, trace_id) for path in logs]
            if all(found) and sum(map(len, found)) > best[0]:
                best = (sum(map(len, found)), trace_id, found)
    return best[1:] if best[1] else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("prometheus", "service", "simulator", "token-file", "database"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--logs", nargs=2, required=True, help="the service's log and the simulator's")
    parser.add_argument("--begin", type=float, required=True, help="when the traffic began, seconds since the epoch")
    parser.add_argument("--end", type=float, required=True)
    options = parser.parse_args()
    prometheus = Prometheus(options.prometheus)
    with open(options.token_file, encoding="ascii") as file:
        token = file.read().strip()

    until("every request, webhook and settlement is done",
          lambda: nothing_left_to_do(scrape(options.service, token), scrape(options.simulator)))
    last = {series: value for series, value in scrape(options.service, token).items()
            if series.startswith("payments_total{")}

    def scraped():
        seen = {'payments_total{status="%s"}' % labels["status"]: value
                for labels, value in prometheus.vector('payments_total{job="payments"}')}
        return seen if seen == last else None

    until("Prometheus has scraped the service's last values", scraped)

    window = f"{max(5, round(options.end - options.begin))}s"
    requests = f'http_requests_total{{job="payments"}}[{window}]'
    errors = f'http_requests_total{{job="payments",status_code=~"5.."}}[{window}]'
    durations = f'http_request_duration_seconds_bucket{{job="payments"}}[{window}]'
    shown = [("up", "min(up)"),
             ("requests_per_second", f"sum(rate({requests}))"),
             ("error_ratio", f"sum(rate({errors})) / sum(rate({requests}))"),
             ("p95_seconds", f"histogram_quantile(0.95, sum by (le) (rate({durations})))")]
    for name, query in shown:
        value = prometheus.number(query, options.end)
        if value != value:
            raise Missing(f"{name} is not a number")
        print(f"{name} {value:.4g}")
        if name == "up" and value != 1:
            raise Missing("a process is not up")

    rows = rows_by_outcome(options.database)
    counted = {labels["status"]: int(value)
               for labels, value in prometheus.vector('sum by (status) (payments_total{job="payments"})')}
    for status, value in sorted(counted.items()):
        print(f'payments{{status="{status}"}} {value}')
    if {status: value for status, value in counted.items() if value} != rows:
        raise Missing(f"the payments are not the rows in SQLite: {counted} against {rows}")
    if not rows:
        raise Missing("there was no payment")
    print(f"(equal to the {sum(rows.values())} rows in SQLite)")

    trace_id, found = until("an exemplar's trace is in the logs of both processes",
                            lambda: correlated(prometheus, options.begin, time.time(), options.logs))
    print("\nOne request, from Prometheus's exemplar to the log lines of both processes:")
    print(f"trace {trace_id}")
    for path, lines in zip(options.logs, found):
        print(os.path.basename(path))
        for line in lines:
            print("  " + line)


if __name__ == "__main__":
    try:
        main()
    except (OSError, Missing) as problem:
        print(f"summary: {problem}", file=sys.stderr)
        sys.exit(1)

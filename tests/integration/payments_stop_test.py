"""How it ends: SIGTERM in the middle of requests loses none of them and no span; a provider that hangs or dies is a 504
or 502 that is counted, and not the end of the service."""

import signal
import threading

from payments_processes import order, payments, until

REQUESTS = 6


def check_stop_under_load(both):
    both.dial(latency=1.0, decline_ratio=0, fault_ratio=0)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(both.service.ask("POST", "/payments", order())[0]))
               for _ in range(REQUESTS)]
    for thread in threads:
        thread.start()
    until("all requests are being handled", lambda: both.service.samples()["http_requests_in_flight"] == REQUESTS)
    both.service.process.send_signal(signal.SIGTERM)
    until("the service says that it wants no more", lambda: both.service.get("/readyz")[0] == 503)
    for thread in threads:
        thread.join()
    assert answers == [201] * REQUESTS, answers
    assert both.service.process.wait(timeout=30) == 0
    assert both.rows("select count(*) from payments where outcome = 'succeeded'") == [(REQUESTS,)]
    check_spans_accounted_for(both.service)
    assert both.simulator.stop() == 0
    check_spans_accounted_for(both.simulator)


def check_spans_accounted_for(process):
    last = process.log()[-1]
    assert last["msg"] == "stopped", last
    assert last["spans_started"] == len(process.spans()) + last["spans_dropped"] + last["spans_failed"], last
    assert last["spans_started"] > REQUESTS


def check_interrupt(both):
    """SIGINT is as good, with work still waiting in both."""
    both.traffic(rate=100, seconds=1)
    both.service.process.send_signal(signal.SIGINT)
    assert both.service.process.wait(timeout=30) == 0
    assert both.rows("select count(*) from payments where state in ('created', 'capturing', 'captured')") == [(0,)]
    check_spans_accounted_for(both.service)


def check_provider_trouble(both):
    service = both.service
    both.dial(decline_ratio=0, fault_ratio=0)
    payment = service.ask("POST", "/payments", order())[1]["id"]

    both.dial(hang_ratio=1, hang=20)
    status, answer = service.ask("POST", "/payments", order())
    assert (status, answer["error"]["code"]) == (504, "provider_timeout"), answer

    both.dial(hang_ratio=0, fault_ratio=1)
    key = {"Idempotency-Key": "again"}
    status, answer = service.ask("POST", "/payments", order(), key)
    assert (status, answer["error"]["code"]) == (502, "provider_unavailable"), answer
    both.dial(fault_ratio=0)
    assert service.ask("POST", "/payments", order(), key)[0] == 201, "a failure is not final: the key may be used again"

    both.simulator.process.kill()
    both.simulator.process.wait()
    status, answer = service.ask("POST", "/payments", order())
    assert (status, answer["error"]["code"]) == (502, "provider_unavailable"), answer
    assert service.ask("POST", f"/payments/{payment}/capture", b"")[0] == 502
    assert service.ask("GET", f"/payments/{payment}")[1]["state"] == "authorized", "it can be captured later"

    samples = service.samples()
    calls = 'provider_requests_total{provider="simulator",operation="%s",outcome="%s"}'
    assert samples[calls % ("authorize", "timeout")] == 1
    assert samples[calls % ("authorize", "failed")] == 2 and samples[calls % ("capture", "failed")] == 1
    assert samples['payments_total{status="failed"}'] == 3
    assert both.rows("select count(*) from payments where outcome = 'failed'") == [(3,)]
    until("the provider's health is degraded", lambda: '"degraded"' in service.get("/health")[1])
    assert service.get("/readyz")[0] == 200 and service.get("/health")[0] == 200
    assert service.stop() == 0


with payments(service_options=["--psp-timeout", "10"]) as both:
    check_stop_under_load(both)
with payments() as both:
    check_interrupt(both)
with payments(service_options=["--psp-timeout", "0.3"]) as both:
    check_provider_trouble(both)

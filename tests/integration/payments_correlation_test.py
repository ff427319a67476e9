"""One request can be followed: from the exemplar on the service's page to the log lines and spans of both processes, the
webhook that came back included; by the trace when the provider passes it on, by a span link when it does not."""

from payments_processes import OPENMETRICS, order, payments, skip, until

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    skip("python3-prometheus-client")

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"


def exemplar_traces(service):
    families = text_string_to_metric_families(service.get("/metrics", OPENMETRICS)[1])
    return {sample.exemplar.labels["trace_id"] for family in families for sample in family.samples if sample.exemplar}


def lines_of(process, trace_id, message):
    return [line for line in process.log() if line.get("trace_id") == trace_id and line["msg"] == message]


def captured_payment(service, traceparent=None):
    status, made = service.ask("POST", "/payments", order())
    assert status == 201, made
    headers = {"traceparent": traceparent} if traceparent else {}
    status, made = service.ask("POST", f"/payments/{made['id']}/capture", b"", headers)
    assert status == 200, made
    return made["id"]


def check_trace_through_both(both):
    payment = captured_payment(both.service, f"00-{CALLER}-00f067aa0ba902b7-01")
    assert CALLER in exemplar_traces(both.service)

    until("the capture and its webhook are in the service's log", lambda: [
        line["route"] for line in sorted(lines_of(both.service, CALLER, "request"), key=lambda line: line["ts"])
    ] == ["/payments/{id}/capture", "/webhooks/psp"])
    until("the capture is in the simulator's log", lambda: any(
        line["payment_id"] == payment for line in lines_of(both.simulator, CALLER, "request")))
    until("the webhook is in the simulator's log", lambda: lines_of(both.simulator, CALLER, "webhook"))
    assert both.service.ask("GET", f"/payments/{payment}")[1]["confirmed"] is True


def check_link_without_context(both):
    both.dial(webhook_context=False)
    payment = captured_payment(both.service)
    until("the webhook came", lambda: both.service.ask("GET", f"/payments/{payment}")[1]["confirmed"])
    return payment


def check_spans(both, linked_payment):
    service, simulator = both.service.spans(), both.simulator.spans()
    by_id = {span["span_id"]: span for span in service + simulator}
    trace = [span for span in service + simulator if span["trace_id"] == CALLER]

    def one(kind, name):
        found = [span for span in trace if span.get("kind") == kind and span["name"] == name]
        assert len(found) == 1, (kind, name, [(span.get("kind"), span["name"]) for span in trace])
        return found[0]

    # The chain of parents: webhook <- its delivery <- the provider <- our call <- the request <- whoever asked us.
    span = one("server", "POST /webhooks/psp")
    names = []
    while span:
        names.append(span["name"])
        parent = span.get("parent_span_id")
        span = by_id.get(parent)
    assert names == ["POST /webhooks/psp", "POST webhook", "POST /v1/captures", "simulator capture",
                     "POST /payments/{id}/capture"], names
    assert parent == "00f067aa0ba902b7"

    # The webhook without context has a trace of its own and a link to the request that created the payment.
    webhook = next(span for span in service if span["name"] == "POST /webhooks/psp" and
                   span["attributes"].get("payment_id") == linked_payment)
    origin = by_id[webhook["links"][0]["span_id"]]
    assert origin["name"] == "POST /payments" and origin["trace_id"] != webhook["trace_id"]
    assert origin["attributes"]["payment_id"] == linked_payment

    # A settlement links to the requests whose payments it settles.
    settlements = [span for span in service if span["name"] == "settlement"]
    assert settlements and all(span["links"] for span in settlements)


with payments(simulator_options=["--decline-ratio", "0", "--fault-ratio", "0"]) as both:
    check_trace_through_both(both)
    linked = check_link_without_context(both)
    both.settled_down()
    assert both.service.stop() == 0 and both.simulator.stop() == 0
    check_spans(both, linked)

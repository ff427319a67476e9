"""What clients get wrong, or send on purpose: each is answered with a 4xx and a JSON error, told of in a log line, and
nothing of it is stored. The service is as well afterwards as before."""

import gzip
import json
import random
import socket

from payments_processes import TOKEN, order, payments, until

PAYMENT, ESCROW = "/payments", "/escrows"
GONE = "pay_0000000000000000"
PSP = {"Authorization": "Bearer " + TOKEN}

# Method, path, body (a value is sent as JSON, bytes as they are), headers, status, error code.
MISTAKES = [
    ("POST", PAYMENT, b"", {}, 400, "invalid_json"),
    ("POST", PAYMENT, b"{", {}, 400, "invalid_json"),
    ("POST", PAYMENT, b"null", {}, 400, "invalid_json"),
    ("POST", PAYMENT, b"[1,2]", {}, 400, "invalid_json"),
    ("POST", PAYMENT, b'"text"', {}, 400, "invalid_json"),
    ("POST", PAYMENT, b"\xff\xfe\x00", {}, 400, "invalid_json"),
    ("POST", PAYMENT, b'{"merchant":"\xff"}', {}, 400, "invalid_json"),
    ("POST", PAYMENT, b"[" * 60_000, {}, 400, "invalid_json"),
    ("POST", PAYMENT, b'{"a":' * 10_000, {}, 400, "invalid_json"),
    ("POST", PAYMENT, {}, {}, 400, "missing_field"),
    ("POST", PAYMENT, order(merchant=""), {}, 400, "invalid_field"),
    ("POST", PAYMENT, order(merchant="x" * 65), {}, 400, "invalid_field"),
    ("POST", PAYMENT, order(merchant=7), {}, 400, "invalid_field"),
    ("POST", PAYMENT, order(merchant=None), {}, 400, "invalid_field"),
    ("POST", PAYMENT, order(amount_minor=0), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=-1), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=-(2**63)), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=2**63), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=2**64 - 1), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=10**30), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=1_000_000_001), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=10.5), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor="10"), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=True), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(amount_minor=[1]), {}, 400, "invalid_amount"),
    ("POST", PAYMENT, b'{"merchant":"a","amount_minor":1e3,"currency":"EUR"}', {}, 400, "invalid_amount"),
    ("POST", PAYMENT, order(currency="XXX"), {}, 400, "unknown_currency"),
    ("POST", PAYMENT, order(currency="eur"), {}, 400, "unknown_currency"),
    ("POST", PAYMENT, order(currency=978), {}, 400, "invalid_field"),
    ("POST", PAYMENT, order(), {"Idempotency-Key": "k" * 65}, 400, "invalid_idempotency_key"),
    ("POST", PAYMENT, b" " * (1 << 20), {}, 413, "too_large"),
    ("POST", PAYMENT, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
    ("POST", PAYMENT, b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 415, "unsupported_media_type"),
    ("POST", PAYMENT, gzip.compress(json.dumps(order()).encode()), {"Content-Encoding": "gzip"}, 415,
     "unsupported_media_type"),
    ("GET", "/payments/" + GONE, None, {}, 404, "unknown_payment"),
    ("GET", "/payments/%00%ff%0a'%3B--", None, {}, 404, "unknown_payment"),
    ("POST", f"/payments/{GONE}/capture", b"", {}, 404, "unknown_payment"),
    ("GET", "/payments/" + "x" * 1000, None, {}, 414, "path_too_long"),
    ("GET", "/", None, {}, 404, "not_found"),
    ("DELETE", PAYMENT, None, {}, 404, "not_found"),
    ("POST", ESCROW, {"buyer": "b", "seller": "b", "amount_minor": 1, "currency": "EUR"}, {}, 400, "same_party"),
    ("POST", ESCROW, {"buyer": "b", "amount_minor": 1, "currency": "EUR"}, {}, 400, "missing_field"),
    ("POST", "/escrows/esc_0/fund", {"payment_id": GONE}, {}, 404, "unknown_escrow"),
    ("POST", "/escrows/esc_0/fund", {}, {}, 400, "missing_field"),
    ("POST", "/escrows/esc_0/complete", b"", {}, 404, "unknown_escrow"),
    ("POST", "/escrows/esc_0/dispute", {"reason": "r"}, {}, 404, "unknown_escrow"),
    ("POST", "/escrows/esc_0/resolve", {"in_favour_of": "nobody"}, {}, 400, "invalid_field"),
    ("POST", "/webhooks/psp", {"event_id": "e", "type": "payment.captured", "payment_id": GONE, "occurred_at_ms": 1}, PSP,
     404, "unknown_payment"),
    ("POST", "/webhooks/psp", {"event_id": "e", "type": "payment.captured", "payment_id": GONE, "occurred_at_ms": -1},
     PSP, 400, "invalid_field"),
    ("POST", "/webhooks/psp", b"{}", PSP, 400, "missing_field"),
    ("POST", "/webhooks/psp", b"{}", {}, 401, "unauthorized"),
    ("POST", "/webhooks/psp", b"{}", {"Authorization": "Bearer " + TOKEN + "x"}, 401, "unauthorized"),
    ("POST", "/webhooks/psp", b"{}", {"Authorization": "Basic " + TOKEN}, 401, "unauthorized"),
]

# Not even HTTP, or not as it should be: answered with a 4xx or closed, never the end of the service.
RAW = [
    b"\r\n\r\n",
    b"GARBAGE\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /payments/%zz%00 HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 9000 + b"\r\n\r\n",
]


def send_raw(address, data):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            return
    assert not answer or b" 4" in answer.split(b"\r\n")[0], (data[:60], answer[:200])


def check_table(both):
    before = both.stored()
    for number, (method, path, body, headers, status, code) in enumerate(MISTAKES):
        traceparent = f"00-{number + 1:032x}-{1:016x}-01"  # finds the log line again
        got, answer = both.service.ask(method, path, body, {**headers, "traceparent": traceparent})
        assert (got, answer["error"]["code"]) == (status, code), (method, path, body, got, answer)
        assert answer["error"]["message"]
    assert both.stored() == before

    def told():
        lines = {line.get("trace_id"): line for line in both.service.log() if line["msg"] == "request"}
        return all(lines.get(f"{number + 1:032x}", {}).get("error_code") == mistake[5]
                   for number, mistake in enumerate(MISTAKES))

    until("each mistake is told of in a log line of its own", told)


def check_wrong_states(both):
    """Steps out of order: 409, and the state stays."""
    both.dial(decline_ratio=0, fault_ratio=0)
    service = both.service
    escrow = service.ask("POST", ESCROW, {"buyer": "b", "seller": "s", "amount_minor": 4200, "currency": "EUR"})[1]["id"]
    payment = service.ask("POST", PAYMENT, order())[1]["id"]
    cheap = service.ask("POST", PAYMENT, order(amount_minor=1))[1]["id"]

    def refused(path, body=b""):
        status, answer = service.ask("POST", path, body)
        assert (status, answer["error"]["code"]) == (409, "wrong_state"), (path, status, answer)

    def done(path, body=b""):
        status, answer = service.ask("POST", path, body)
        assert status == 200, (path, status, answer)
        return answer

    for step, body in (("complete", b""), ("dispute", {"reason": "r"}), ("resolve", {"in_favour_of": "buyer"})):
        refused(f"/escrows/{escrow}/{step}", body)
    refused(f"/escrows/{escrow}/fund", {"payment_id": payment})  # not captured
    done(f"/payments/{payment}/capture")
    refused(f"/payments/{payment}/capture")
    done(f"/payments/{cheap}/capture")
    refused(f"/escrows/{escrow}/fund", {"payment_id": cheap})  # another amount
    done(f"/escrows/{escrow}/fund", {"payment_id": payment})
    other = service.ask("POST", ESCROW, {"buyer": "b", "seller": "s", "amount_minor": 4200, "currency": "EUR"})[1]["id"]
    refused(f"/escrows/{other}/fund", {"payment_id": payment})  # funds another
    assert done(f"/escrows/{escrow}/dispute", {"reason": "r"})["state"] == "disputed"
    refused(f"/escrows/{escrow}/complete")
    assert done(f"/escrows/{escrow}/resolve", {"in_favour_of": "buyer"})["state"] == "refunded"
    refused(f"/escrows/{escrow}/resolve", {"in_favour_of": "seller"})


def check_idempotency(both):
    service, key = both.service, {"Idempotency-Key": "order-1"}
    before = both.stored()["payments"]
    first = service.ask("POST", PAYMENT, order(amount_minor=77), key)
    assert first[0] == 201 and service.ask("POST", PAYMENT, order(amount_minor=77), key) == first
    assert service.ask("POST", PAYMENT, order(amount_minor=78), key)[0] == 409
    assert both.stored()["payments"] == before + 1


def check_noise(both):
    before = both.stored()
    for data in RAW:
        send_raw(both.service.api, data)
    noise = random.Random(7)
    for _ in range(100):
        body = bytes(noise.randrange(256) for _ in range(noise.randrange(1, 300)))
        path = noise.choice([PAYMENT, ESCROW, "/webhooks/psp", "/escrows/x/fund", "/escrows/x/resolve"])
        status, answer = both.service.ask("POST", path, body, PSP)
        assert status == 400 and answer["error"]["code"] == "invalid_json", (body, status, answer)
    assert both.stored() == before


with payments() as both:
    check_table(both)
    check_wrong_states(both)
    check_idempotency(both)
    both.settled_down()
    check_noise(both)
    failed = [series for series, value in both.service.samples().items()
              if series.startswith("http_requests_total") and 'status_code="5' in series and value > 0]
    assert not failed, failed
    assert both.service.stop() == 0 and both.simulator.stop() == 0

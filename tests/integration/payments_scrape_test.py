"""The page of the payments service after a load over every flow: promtool finds nothing to say, the OpenMetrics
reference parser reads it, and its counters equal the rows in SQLite."""

import shutil
import subprocess

from payments_processes import OPENMETRICS, payments, skip

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    skip("python3-prometheus-client")
if not shutil.which("promtool"):
    skip("promtool (package prometheus)")


def check_promtool(process):
    status, page = process.get("/metrics")
    assert status == 200
    judged = subprocess.run(["promtool", "check", "metrics"], input=page, text=True, capture_output=True, timeout=60)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def check_reference_parser(process):
    status, page = process.get("/metrics", OPENMETRICS)
    assert status == 200
    families = list(text_string_to_metric_families(page))
    exemplars = [sample.exemplar for family in families for sample in family.samples if sample.exemplar]
    assert exemplars and all(len(exemplar.labels["trace_id"]) == 32 for exemplar in exemplars)
    # Ids and amounts are no labels.
    for family in families:
        for sample in family.samples:
            for value in sample.labels.values():
                assert not value.startswith(("pay_", "esc_", "evt_", "set_")), sample


def check_counters_equal_rows(both):
    samples = both.service.samples()
    rows = dict(both.rows("select outcome, count(*) from payments group by outcome"))
    assert rows, "there was no payment"
    for status in ("succeeded", "declined", "failed"):
        assert samples[f'payments_total{{status="{status}"}}'] == rows.get(status, 0), (status, rows, samples)

    for status, currency, amount in both.rows("select outcome, currency, sum(amount_minor) from payments group by 1, 2"):
        assert samples[f'payment_amount_minor_total{{status="{status}",currency="{currency}"}}'] == amount

    escrows = both.rows("select count(*), sum(payment_id is not null), sum(state = 'completed'),"
                        " sum(state in ('disputed', 'released', 'refunded')), sum(state in ('released', 'refunded')),"
                        " sum(state = 'refunded'), sum(state = 'released') from escrows")[0]
    names = ("escrows_created", "escrows_funded", "escrows_completed", "escrows_disputed", "escrows_resolved",
             "disputes_buyer_won", "disputes_vendor_won")
    for name, count in zip(names, escrows):
        assert samples[name + "_total"] == count, (name, count)
    assert escrows[0] > 0 and escrows[2] > 0

    settlements = sum(value for series, value in samples.items() if series.startswith('settlements_total{status="success"'))
    assert both.rows("select count(*) from settlements") == [(settlements,)]
    assert all(value == 0 for series, value in samples.items() if series.startswith("ledger_imbalance_minor"))
    assert samples["payment_idempotency_replays_total"] > 0 and samples["payment_idempotency_conflicts_total"] > 0
    confirmed = both.rows("select count(*) from payments where confirmed_at is not null")[0][0]
    assert samples['provider_event_total{provider="simulator",event="payment_captured"}'] == confirmed > 0


with payments() as both:
    both.traffic(rate=150, seconds=4)
    both.settled_down()
    check_promtool(both.service)
    check_promtool(both.simulator)
    check_reference_parser(both.service)
    check_counters_equal_rows(both)
    assert both.service.stop() == 0 and both.simulator.stop() == 0

"""The rows of the table: what is shown beside what, and what each operation is asked to cost at most.

`floor` and `rival` name the row that a row is compared with: a held handle with a held handle, a look-up with a
look-up. `most`: instructions, times the floor (on any number of threads), times the rival, ns, bytes, allocations. A
row that was not measured is left out, as opentelemetry-cpp's are where it is not installed.
"""

PROMETHEUS = "prometheus-cpp"
OPENTELEMETRY = "opentelemetry-cpp"


def row(name, text, who="telltale", how="", floor=None, rival=None, most=None):
    return {"name": name, "text": text, "who": who, "how": how, "floor": floor, "rival": rival, "most": most or {}}


COUNTERS = {"ns": 60, "allocations": 0}
HISTOGRAMS = {"ns": 800}


def scrapes(count):
    series = f"{count:,} series"
    floor = f"scrape_floor/{count}"
    counters, histograms = f"scrape_counter_prometheus/{count}", f"scrape_histogram_prometheus/{count}"
    return {
        "title": f"Scrape of {series}, collected and written", "unit": "ns a series", "rows": [
            row(floor, "labels copied, a number converted", "floor"),
            row(f"scrape_counter_text/{count}", "counters, text 0.0.4", floor=floor, rival=counters,
                most=COUNTERS),
            row(f"scrape_counter_openmetrics/{count}", "counters, OpenMetrics", floor=floor, rival=counters,
                most=COUNTERS),
            row(counters, "counters, text 0.0.4", PROMETHEUS, floor=floor),
            row(f"scrape_histogram_text/{count}", "histograms of 11 buckets, text 0.0.4", rival=histograms,
                most=HISTOGRAMS),
            row(f"scrape_histogram_openmetrics/{count}", "histograms of 11 buckets, OpenMetrics", rival=histograms,
                most=HISTOGRAMS),
            row(histograms, "histograms of 11 buckets, text 0.0.4", PROMETHEUS)]}


INCREMENT = {"instructions": 18, "floor": 1.5}
FLOOR = "counter_floor"
HELD = "counter_prometheus_held"
LOOKUP = "counter_prometheus_lookup"

SECTIONS = [
    {"title": "Counter increment, CPU time of one call", "unit": "ns", "threads": True, "rows": [
        row(FLOOR, "plain thread-local addition", "floor"),
        row("counter_held", "no label", how="held", floor=FLOOR, rival=HELD, most=INCREMENT),
        row("counter_double", "no label, double", how="held", floor=FLOOR, rival=HELD),
        row(HELD, "no label", PROMETHEUS, "held", floor=FLOOR),
        row("counter_opentelemetry_held", "no label", OPENTELEMETRY, "held", floor=FLOOR),
        row("counter_enum_1", "1 enum label", how="look-up", floor=FLOOR, rival=LOOKUP, most=INCREMENT),
        row("counter_enum_2", "2 enum labels", how="look-up", floor=FLOOR, rival=LOOKUP, most=INCREMENT),
        row("counter_enum_3", "3 enum labels", how="look-up", floor=FLOOR, rival=LOOKUP, most=INCREMENT),
        row("counter_text", "1 text and 2 enum labels", how="look-up", floor=FLOOR, rival=LOOKUP,
            most={"instructions": 120, "floor": 12}),
        row(LOOKUP, "3 labels", PROMETHEUS, "look-up", floor=FLOOR),
        row("counter_opentelemetry_lookup", "3 labels", OPENTELEMETRY, "look-up", floor=FLOOR)]},
    {"title": "Gauge set", "unit": "ns", "rows": [
        row("gauge_floor", "one store", "floor"),
        row("gauge_set", "set", how="held", floor="gauge_floor", rival="gauge_prometheus", most={"floor": 1.1}),
        row("gauge_prometheus", "set", PROMETHEUS, "held", floor="gauge_floor")]},
    {"title": "Histogram observe, 11 buckets", "unit": "ns", "rows": [
        row("histogram_floor", "search over constants, two thread-local additions", "floor"),
        row("histogram_held", "no label", how="held", floor="histogram_floor", rival="histogram_prometheus",
            most={"instructions": 40, "floor": 3}),
        row("histogram_enum_1", "1 enum label", how="look-up", floor="histogram_floor", rival="histogram_prometheus",
            most={"instructions": 40, "floor": 3}),
        row("histogram_exemplar", "no label, span sampled", how="held", floor="histogram_floor",
            rival="histogram_prometheus", most={"instructions": 120, "floor": 9}),
        row("histogram_prometheus", "no label", PROMETHEUS, "held", floor="histogram_floor"),
        row("histogram_opentelemetry", "no label", OPENTELEMETRY, "held", floor="histogram_floor")]},
    {"title": "Span, from start to end, on its own thread", "unit": "ns", "rows": [
        row("span_floor", "three clock readings, random ids", "floor"),
        row("span_unsampled", "not sampled", floor="span_floor"),
        row("span_unsampled_4", "not sampled, 4 attributes", floor="span_floor"),
        row("span_sampled", "sampled", floor="span_floor"),
        row("span_sampled_4", "sampled, 4 attributes", floor="span_floor"),
        row("span_batched_4", "sampled, 4 attributes, through the batch queue", floor="span_floor")]},
    {"title": "Log line, synchronous, to a file", "unit": "ns", "rows": [
        row("log_floor", "a finished line into the C library's buffer", "floor"),
        row("log_six_fields", "6 fields and trace ids", floor="log_floor", rival="log_spdlog"),
        row("log_spdlog", "6 fields and trace ids, not escaped", "spdlog", floor="log_floor"),
        row("log_below_level", "below the level, 6 fields", rival="log_spdlog_below_level"),
        row("log_spdlog_below_level", "below the level, 6 fields", "spdlog")]},
    scrapes(10_000),
    scrapes(100_000),
    {"title": "Memory of a series", "unit": "bytes", "rows": [
        row("memory_dense", "counter, 4 enum labels: names and labels", rival="memory_prometheus", most={"bytes": 64}),
        row("memory_dense_cell", "the same: cell, for each thread that counted", most={"bytes": 9}),
        row("memory_text", "counter, 1 text and 2 enum labels, 1 thread", rival="memory_prometheus",
            most={"bytes": 200}),
        row("memory_prometheus", "counter, 3 labels", PROMETHEUS),
        row("memory_histogram", "histogram of 11 buckets, 1 text and 2 enum labels, 1 thread",
            rival="memory_histogram_prometheus"),
        row("memory_histogram_prometheus", "histogram of 11 buckets, 3 labels", PROMETHEUS)]},
    {"title": "Compile time that a header adds", "unit": "ms of CPU", "rows": [
        row("compile_metrics", "telltale/metrics.hpp", rival="compile_spdlog", most={"rival": 0.4}),
        row("compile_prometheus", "counter, gauge, histogram, registry", PROMETHEUS, rival="compile_spdlog"),
        row("compile_spdlog", "spdlog/spdlog.h, compiled library", "spdlog"),
        row("compile_spdlog_header_only", "spdlog/spdlog.h, header-only", "spdlog", rival="compile_spdlog")]},
]

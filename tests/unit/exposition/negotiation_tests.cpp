#include <telltale/exposition/encoders.hpp>

#include <catch2/catch.hpp>

namespace tt = telltale;
using format = tt::exposition_format;
using tt::negotiate;

TEST_CASE("real scrapers get what they prefer") {
  SECTION("Prometheus 2.42") {
    CHECK(negotiate("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == format::openmetrics_1_0_0);
  }
  SECTION("Prometheus 2.42 with native histograms: protobuf is not offered, the next is") {
    CHECK(negotiate("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                    "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;"
                    "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == format::openmetrics_1_0_0);
  }
  SECTION("Prometheus 3") {
    CHECK(negotiate("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;"
                    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2") == format::openmetrics_1_0_0);
  }
  SECTION("Prometheus 2.5 to 2.27, OpenMetrics 0.0.1 only") {
    CHECK(negotiate("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") ==
          format::openmetrics_0_0_1);
  }
  SECTION("VictoriaMetrics") {
    CHECK(negotiate("text/plain;version=0.0.4;q=1,*/*;q=0.1") == format::text_0_0_4);
  }
  SECTION("curl and browsers") {
    CHECK(negotiate("*/*") == format::text_0_0_4);
    CHECK(negotiate("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8") ==
          format::text_0_0_4);
  }
}

TEST_CASE("without a usable Accept, text 0.0.4") {
  for (const char* accept : {"", " ", ",", ";;;", "garbage", "application/json", "q=1", "application/openmetrics-text;q=2",
                             "application/openmetrics-text;q=0.1234", "application/openmetrics-text;q=-1",
                             "application/openmetrics-text;q=", "application/openmetrics-text;version=9.9.9", "\"",
                             "text/plain;q=0", "a/b;x=\"unclosed, application/openmetrics-text"}) {
    CAPTURE(accept);
    CHECK(negotiate(accept) == format::text_0_0_4);
  }
}

TEST_CASE("q-values decide, then names over wildcards, then OpenMetrics") {
  CHECK(negotiate("application/openmetrics-text") == format::openmetrics_1_0_0);
  CHECK(negotiate("Application/OpenMetrics-Text ; Version=\"0.0.1\"") == format::openmetrics_0_0_1);
  CHECK(negotiate("application/openmetrics-text;q=0.5,text/plain") == format::text_0_0_4);
  CHECK(negotiate("application/openmetrics-text,text/plain") == format::openmetrics_1_0_0);
  CHECK(negotiate("text/plain;q=0.500 , application/openmetrics-text;q=0.501") == format::openmetrics_1_0_0);
  CHECK(negotiate("text/*,application/*") == format::text_0_0_4);
  CHECK(negotiate("application/*;q=0.2") == format::openmetrics_1_0_0);
  SECTION("the closest range decides about a format") {
    CHECK(negotiate("*/*,text/plain;q=0.1") == format::openmetrics_1_0_0);
    CHECK(negotiate("application/openmetrics-text;q=0.9,application/openmetrics-text;version=1.0.0;q=0") ==
          format::openmetrics_0_0_1);
    CHECK(negotiate("text/plain;q=0,application/openmetrics-text;q=0,*/*") == format::text_0_0_4);
  }
  SECTION("separators inside quotes are not separators") {
    CHECK(negotiate("a/b;x=\"y,\\\",text/plain;q=1\";q=0.1,application/openmetrics-text;q=0.05") ==
          format::openmetrics_1_0_0);
  }
}

TEST_CASE("the Content-Type names type, version and charset") {
  CHECK(tt::content_type(format::text_0_0_4) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(tt::content_type(format::openmetrics_1_0_0) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(tt::content_type(format::openmetrics_0_0_1) == "application/openmetrics-text; version=0.0.1; charset=utf-8");
}

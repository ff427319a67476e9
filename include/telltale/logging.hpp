// Logging: structured JSON lines, correlated with traces. This is the header a program includes; services that use
// the facade have it through <telltale/telltale.hpp> and `obs.log()`. Alone:
//
//   tt::logger log{tt::make_log_sink("stdout"), {.service = "payments"}};
//   log.info("charge approved", tt::kv{"payment_id", "pay_123"});
//
// Includes standard headers only. `make_log_sink` needs telltale::telltale; the rest is in telltale::core.
#pragma once

#include <telltale/logging/destination.hpp>
#include <telltale/logging/levels.hpp>
#include <telltale/logging/logger.hpp>
#include <telltale/logging/sink.hpp>

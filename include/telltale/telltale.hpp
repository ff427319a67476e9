// Everything a service needs, in one include. Each part has a header of its own for those who want less: metrics.hpp,
// tracing.hpp, logging.hpp, health.hpp, families.hpp.
#pragma once

#include <telltale/exposition/token_file.hpp>
#include <telltale/families.hpp>
#include <telltale/telemetry.hpp>
#include <telltale/version.hpp>

// Tracing: which operations a request went through, in which processes, and how long each took. Includes all of
// tracing/. What most programs need is `tracer::start` and the `span` that it returns.
#pragma once

#include <telltale/tracing/context.hpp>
#include <telltale/tracing/exporter.hpp>
#include <telltale/tracing/processor.hpp>
#include <telltale/tracing/propagation.hpp>
#include <telltale/tracing/sampler.hpp>
#include <telltale/tracing/span.hpp>
#include <telltale/tracing/span_context.hpp>
#include <telltale/tracing/trace_state.hpp>
#include <telltale/tracing/tracer.hpp>

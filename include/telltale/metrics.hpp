// Metrics: counters, gauges and histograms in typed families, made by a registry. Include this to count; it needs no
// other part of telltale. The classes are in metrics/, a header each: label says what a label is, family what with()
// does, registry where everything begins.
#pragma once

#include <telltale/metrics/collector.hpp>
#include <telltale/metrics/counter.hpp>
#include <telltale/metrics/family.hpp>
#include <telltale/metrics/gauge.hpp>
#include <telltale/metrics/histogram.hpp>
#include <telltale/metrics/label.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>
#include <telltale/metrics/state_set.hpp>
#include <telltale/metrics/timer.hpp>

// Forward declarations of telltale's main types, for headers that only name them. Costs nothing to include:
// no standard header beyond <cstdint>.
#pragma once

#include <cstdint>

namespace telltale {
inline namespace v0 {

// 0 base
class clock;
class environment;
class error;
struct span_context;
template <class T>
class result;
template <class T>
struct kv;

// 1 instruments
class registry;
class snapshot;
template <class T>
class basic_counter;
using counter = basic_counter<std::uint64_t>;
using double_counter = basic_counter<double>;
class gauge;
class histogram;
class timer;
class in_flight;
template <class Instrument, class... Labels>
class family;

// 2 signals
class tracer;
class span;
class logger;
class health;

// 4 edges
class server;

// 5 facade
class telemetry;

}  // namespace v0
}  // namespace telltale

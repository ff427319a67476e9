// Forward declarations of telltale's main types, for headers that only name them. Includes nothing.
#pragma once

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
class counter;
class double_counter;
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

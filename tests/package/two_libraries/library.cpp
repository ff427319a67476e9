#include "work.hpp"

void COUNT(const instruments& metrics, place where) {
  metrics.shared.inc();
  metrics.by.with(where).inc();
  metrics.sizes.observe(1.0);
}

// A program that counts, with the core component alone.

#include <telltale/version.hpp>

#include <cstdio>

int main() {
  std::printf("telltale %.*s\n", static_cast<int>(telltale::version().size()), telltale::version().data());
  return telltale::version() == "0.1.0" ? 0 : 1;
}

#include <telltale/metrics.hpp>

int main() {}

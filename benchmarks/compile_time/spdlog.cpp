#include <spdlog/spdlog.h>

int main() {}

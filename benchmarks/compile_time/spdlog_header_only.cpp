// Without the compiled library that Debian brings, as a project has it that copies the headers.
#undef SPDLOG_COMPILED_LIB
#undef SPDLOG_SHARED_LIB
#include <spdlog/spdlog.h>

int main() {}

# What the library itself is built with. telltale::core needs threads alone; the rest is linked
# privately into telltale::telltale and shows in none of its public headers.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(ZLIB REQUIRED)

# For those who link the bridge alone, which this project's tests and examples do.
if(TELLTALE_BUILD_TESTS OR TELLTALE_BUILD_EXAMPLES)
  find_package(prometheus-cpp CONFIG QUIET)
endif()

# Beast and Asio, headers only. BoostConfig.cmake first: FindBoost looks for compiled libraries too.
find_package(Boost 1.74 REQUIRED)

# How every target of this project is compiled.

include_guard(GLOBAL)

set(TELLTALE_SANITIZE "" CACHE STRING "Argument of -fsanitize= for everything in this build, or empty")

# The language and the warnings are this project's own affair: a project that adds telltale as a
# subdirectory keeps its settings.
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_EXTENSIONS OFF)
  add_compile_options(-Wall -Wextra -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Optimising, it sees overlapping copies in plain std::string assignments: GCC bug 105651.
    add_compile_options(-Wno-restrict)
  endif()
endif()
# Instrumented code confuses the compilers' flow analysis: under a sanitizer warnings stay warnings.
if(TELLTALE_WARNINGS_AS_ERRORS AND NOT TELLTALE_SANITIZE)
  add_compile_options(-Werror)
endif()
if(TELLTALE_SANITIZE)
  add_compile_options(-fsanitize=${TELLTALE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TELLTALE_SANITIZE})
  if(TELLTALE_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# telltale_public_headers(core_var telltale_var testing_var): the public headers by the library
# they belong to. Layers 0 to 3 are core. The bridge's header is its own component's.
function(telltale_public_headers core_var telltale_var testing_var)
  set(root ${PROJECT_SOURCE_DIR}/include/telltale)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${root}/*.hpp)
  list(REMOVE_ITEM all ${root}/exposition/prometheus.hpp)
  set(upper ${all})
  list(FILTER upper INCLUDE REGEX
       "^${root}/((exposition|export|instrument)/.*|(errors|telemetry|telltale)\\.hpp)$")
  set(testing ${all})
  list(FILTER testing INCLUDE REGEX "^${root}/testing/")
  set(core ${all})
  list(REMOVE_ITEM core ${upper} ${testing})
  set(${core_var} ${core} PARENT_SCOPE)
  set(${telltale_var} ${upper} PARENT_SCOPE)
  set(${testing_var} ${testing} PARENT_SCOPE)
endfunction()

# telltale_library(target EXPORT_NAME name SOURCES ... HEADERS ...): one library of the project,
# static or shared by BUILD_SHARED_LIBS, from the same sources.
function(telltale_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXPORT_NAME" "SOURCES;HEADERS")
  add_library(${target} ${arg_SOURCES})
  add_library(telltale::${arg_EXPORT_NAME} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
                                  FILES ${arg_HEADERS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(
    ${target}
    PROPERTIES EXPORT_NAME ${arg_EXPORT_NAME}
               VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON
               VERIFY_INTERFACE_HEADER_SETS ${TELLTALE_BUILD_TESTS})
  if(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A definition that does not see its header's TELLTALE_API stays hidden in the shared library.
    target_compile_options(${target} PRIVATE -Wmissing-declarations)
  endif()
  if(BUILD_SHARED_LIBS)
    # A thread that exits runs our hook, also after the last dlclose. And a symbol that is missing here, because
    # the library that has it does not export it, is an error here, not in the consumer's link.
    target_link_options(${target} PRIVATE -Wl,-z,nodelete $<$<NOT:$<BOOL:${TELLTALE_SANITIZE}>>:-Wl,-z,defs>)
  endif()
endfunction()

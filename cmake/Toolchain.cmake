# Compiler, cache, warnings and the libraries that everything is built from.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# -g1 keeps function names and lines for stack traces and profiles and halves the time spent on debug information.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
if(ORDERMESH_SANITIZE)
  # What the sanitizers' authors advise: instrumented code is compiled twice as fast, and stacks name more of its functions.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# -pthread everywhere: a precompiled header only fits sources that were told the same.
# GCC 12 reports overflows inside its own std::string that are not there: those two warnings are off.
add_compile_options(-pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-stringop-overflow)
endif()
add_compile_options(-Wno-array-bounds -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror=return-type
                    -Werror=unused-result -fstack-protector-strong -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
add_link_options(-fuse-ld=lld -Wl,-z,relro,-z,now)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT ORDERMESH_SANITIZE)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(ORDERMESH_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
if(ORDERMESH_SANITIZE)
  add_compile_options(-fsanitize=${ORDERMESH_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
  # Only the fuzz targets' programs have libFuzzer's main.
  string(REPLACE ",fuzzer-no-link" "" om_link_sanitize "${ORDERMESH_SANITIZE}")
  add_link_options(-fsanitize=${om_link_sanitize})
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET GLOBAL re2)
if(NOT TARGET re2::re2)
  # Debian's gRPC names this target but ships no CMake package that makes it.
  add_library(re2::re2 ALIAS PkgConfig::re2)
endif()
find_package(gRPC CONFIG REQUIRED)
# malloc is a third of the CPU time of a hop with glibc's; jemalloc took 40 % more orders a second (docs/performance.md). The
# sanitizers bring their own.
if(NOT ORDERMESH_SANITIZE)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
endif()
include(GoogleTest)

# SPDX-License-Identifier: Apache-2.0
#
# Warnings, sanitizers and coverage: everything that changes how our own code is compiled, never what it means.

option(AEGIS_BUILD_BENCHMARKS "Build the benchmarks (needs Google Benchmark)" ON)
option(AEGIS_WERROR "Treat warnings as errors" ON)
option(AEGIS_COVERAGE "Instrument for gcov" OFF)
option(AEGIS_FUZZ "Link tests/fuzz against libFuzzer (clang; the preset `fuzz` instruments the rest)" OFF)
set(AEGIS_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: 'address,undefined' or 'thread'")

add_library(aegis_warnings INTERFACE)
target_compile_options(
  aegis_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
            -Woverloaded-virtual -Wcast-align -Wnull-dereference $<$<BOOL:${AEGIS_WERROR}>:-Werror>
            # Designated initialisers name what differs from the default: leaving the rest out is the point.
            -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these from inside libstdc++ when it inlines at -O2 and under sanitizers.
  target_compile_options(aegis_warnings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized
                                                  -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                                                  -Wno-tsan)
endif()

if(AEGIS_SANITIZE)
  add_compile_options(-fsanitize=${AEGIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AEGIS_SANITIZE})
  add_compile_definitions(AEGIS_SANITIZED=1)
endif()
if(AEGIS_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# The cache's keys leave out where the tree stands, so that a fresh clone and another build folder find what this one compiled.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

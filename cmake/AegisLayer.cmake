# SPDX-License-Identifier: Apache-2.0
#
# The ladder of layers, and the one way to add a rung.
#
#   aegis_layer(trace
#     USES base                      # layers below only: anything else stops the configuration
#     LIBRARIES xxHash::xxhash       # third-party libraries, named in docs/DEPENDENCIES.md
#     SOURCES recorder.cc
#     TESTS recorder_test.cc         # one test executable a layer: aegis_trace_test
#     BENCHMARKS recorder_benchmark.cc)
#
# A layer has its own include root, src/<layer>/include, so a header of a layer that is not USEd does not resolve.
# This list is the ladder, lowest rung first. A layer may use only what stands before it here and in its own allowance.

set(AEGIS_LADDER base theory trace audit memory executor cuda context scheduler service schedcp)

set(AEGIS_MAY_USE_base "")
set(AEGIS_MAY_USE_theory base)
set(AEGIS_MAY_USE_trace base)
set(AEGIS_MAY_USE_audit trace theory base)
set(AEGIS_MAY_USE_memory trace base)
set(AEGIS_MAY_USE_executor theory trace base)
set(AEGIS_MAY_USE_cuda trace base)
set(AEGIS_MAY_USE_context cuda memory executor trace base)
set(AEGIS_MAY_USE_scheduler context memory executor theory trace base)
set(AEGIS_MAY_USE_service scheduler context cuda memory executor audit trace theory base)
set(AEGIS_MAY_USE_schedcp service scheduler context cuda memory executor audit trace theory base)

function(aegis_layer name)
  cmake_parse_arguments(LAYER "" "" "USES;LIBRARIES;PRIVATE_LIBRARIES;SOURCES;TESTS;TEST_LIBRARIES;BENCHMARKS"
                        ${ARGN})
  if(LAYER_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "aegis_layer(${name}): unknown argument ${LAYER_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT name IN_LIST AEGIS_LADDER)
    message(FATAL_ERROR "aegis_layer(${name}): not a rung of the ladder in cmake/AegisLayer.cmake")
  endif()
  foreach(used IN LISTS LAYER_USES)
    if(NOT used IN_LIST AEGIS_MAY_USE_${name})
      message(FATAL_ERROR "aegis_layer(${name}): may not use '${used}'; it may use: ${AEGIS_MAY_USE_${name}}")
    endif()
  endforeach()

  set(target aegis_${name})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS include/*.h)
  if(LAYER_SOURCES)
    add_library(${target} STATIC ${LAYER_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(aegis::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_compile_features(${target} ${scope} cxx_std_20)
  foreach(used IN LISTS LAYER_USES)
    target_link_libraries(${target} ${scope} aegis::${used})
  endforeach()
  target_link_libraries(${target} ${scope} ${LAYER_LIBRARIES})
  if(LAYER_SOURCES)
    target_link_libraries(${target} PRIVATE ${LAYER_PRIVATE_LIBRARIES} $<BUILD_INTERFACE:aegis_warnings>)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  install(TARGETS ${target} EXPORT AegisRTTargets FILE_SET HEADERS ARCHIVE)

  if(BUILD_TESTING AND LAYER_TESTS)
    aegis_test(${target}_test SOURCES ${LAYER_TESTS} LIBRARIES aegis::${name} ${LAYER_TEST_LIBRARIES})
    target_include_directories(${target}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  if(AEGIS_BUILD_BENCHMARKS AND LAYER_BENCHMARKS)
    add_executable(${target}_benchmark ${LAYER_BENCHMARKS})
    target_link_libraries(${target}_benchmark PRIVATE aegis::${name} aegis_warnings benchmark::benchmark_main)
    target_include_directories(${target}_benchmark PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
endfunction()

# One GoogleTest executable; every TEST becomes a ctest case of its own.
#   aegis_test(name SOURCES ... LIBRARIES ... [LABELS slow] [TIMEOUT seconds])
function(aegis_test name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LIBRARIES} aegis_warnings GTest::gtest GTest::gmock
                                        GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS "${TEST_LABELS}")
endfunction()

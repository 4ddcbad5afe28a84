# SPDX-License-Identifier: Apache-2.0
#
# Third-party libraries, from the distribution's packages (tools/apt-packages.txt). Reasons: docs/DEPENDENCIES.md.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
# Debian's and Ubuntu's tomlplusplus is a shared library built with exceptions; ours reports errors as values, which is
# another ABI. Its headers are complete, so one source file (service's toml_document.cc) compiles what it needs from them.
add_library(aegis_toml INTERFACE)
target_include_directories(
  aegis_toml SYSTEM
  INTERFACE $<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(aegis_toml INTERFACE TOML_HEADER_ONLY=1 TOML_EXCEPTIONS=0)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(AEGIS_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# ONNX Runtime is loaded at run time; only its C header is needed to build. tools/fetch-onnxruntime.sh provides both.
set(AEGIS_ONNXRUNTIME_ROOT "" CACHE PATH "Prefix with include/onnxruntime_c_api.h and lib/libonnxruntime.so")
find_path(AEGIS_ONNXRUNTIME_INCLUDE onnxruntime_c_api.h
          HINTS ${AEGIS_ONNXRUNTIME_ROOT}/include PATH_SUFFIXES onnxruntime onnxruntime/core/session)
find_library(AEGIS_ONNXRUNTIME_LIBRARY onnxruntime HINTS ${AEGIS_ONNXRUNTIME_ROOT}/lib)
if(AEGIS_ONNXRUNTIME_INCLUDE)
  set(AEGIS_WITH_ONNXRUNTIME ON)
  message(STATUS "ONNX Runtime header: ${AEGIS_ONNXRUNTIME_INCLUDE}; library: ${AEGIS_ONNXRUNTIME_LIBRARY}")
else()
  set(AEGIS_WITH_ONNXRUNTIME OFF)
  message(WARNING "No ONNX Runtime header found: the onnxruntime backend will refuse to load with that reason. "
                  "Run tools/fetch-onnxruntime.sh and pass -DAEGIS_ONNXRUNTIME_ROOT=<its output>.")
endif()

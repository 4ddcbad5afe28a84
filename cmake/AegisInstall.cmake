# SPDX-License-Identifier: Apache-2.0
#
# `cmake --install build/release --prefix DIR` gives the executable, the layers' headers and libraries, and a package
# that a consumer finds with find_package(AegisRT) and links as aegis::theory, aegis::scheduler ...

include(CMakePackageConfigHelpers)

set(AEGIS_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/AegisRT)
install(EXPORT AegisRTTargets NAMESPACE aegis:: DESTINATION ${AEGIS_PACKAGE_DIR})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/AegisRTConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/AegisRTConfig.cmake INSTALL_DESTINATION ${AEGIS_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/AegisRTConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/AegisRTConfig.cmake ${PROJECT_BINARY_DIR}/AegisRTConfigVersion.cmake
        DESTINATION ${AEGIS_PACKAGE_DIR})

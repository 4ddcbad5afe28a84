# SPDX-License-Identifier: Apache-2.0
include(${MODULES}/AegisLayer.cmake)
aegis_layer(trace USES scheduler)

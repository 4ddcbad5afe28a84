# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
include(${MODULES}/AegisLayer.cmake)
aegis_layer(trace USES scheduler)

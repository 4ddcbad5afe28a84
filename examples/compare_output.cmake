# SPDX-License-Identifier: Apache-2.0
#
# cmake -DPROGRAM=... -DEXPECTED=... -P compare_output.cmake: fails unless the program prints just that.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT printed STREQUAL expected)
  message(FATAL_ERROR "exit code ${result}, printed:\n${printed}\nexpected:\n${expected}")
endif()

# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a target.

# cryptonet_library(cn_he_ntt SOURCES a.cc DEPS cn_base)
function(cryptonet_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
endfunction()

# cryptonet_test(he_ntt_test SOURCES a_test.cc DEPS cn_he_ntt): a GoogleTest program; every case is
# a ctest case.
function(cryptonet_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
endfunction()

# cryptonet_compile_together(TARGET...): the target's files become a few translation units, because
# heavy headers (CLI11, nlohmann-json, Boost's integers) cost more than the files themselves.
function(cryptonet_compile_together)
  set_target_properties(${ARGV} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 7)
endfunction()

# cryptonet_program(cryptonet-cloud SOURCES main.cc DEPS cn_cloud_serve): lands in <build>/bin.
function(cryptonet_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
endfunction()

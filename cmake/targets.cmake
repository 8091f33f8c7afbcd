# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a target.

# Builds with sanitizers are made for one run: there the headers that most files read are parsed
# once for all targets (3 of 5 s of a file go to them).
if(CRYPTONET_SHARE_HEADERS)
  add_compile_definitions(GTEST_HAS_PTHREAD=1)  # GoogleTest's own, which must not come twice
  file(WRITE ${CMAKE_BINARY_DIR}/shared_headers.cc "")
  add_library(shared_headers OBJECT ${CMAKE_BINARY_DIR}/shared_headers.cc)
  target_precompile_headers(shared_headers PRIVATE <algorithm> <array> <chrono> <filesystem>
    <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <thread>
    <variant> <vector> <boost/multiprecision/cpp_int.hpp> <gtest/gtest.h> <nlohmann/json.hpp>)
  target_link_libraries(shared_headers PRIVATE Boost::headers)
endif()
function(cryptonet_share_headers name)
  if(CRYPTONET_SHARE_HEADERS)
    target_precompile_headers(${name} REUSE_FROM shared_headers)
    cmake_language(EVAL CODE
      "cmake_language(DEFER CALL cryptonet_part_from_shared_headers ${name})")
  endif()
endfunction()
# Files with flags of their own (kernels) parse for themselves. Asked when the folder is read whole.
function(cryptonet_part_from_shared_headers name)
  get_target_property(sources ${name} SOURCES)
  foreach(source ${sources})
    get_source_file_property(flags ${source} COMPILE_OPTIONS)
    if(flags)
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()

# cryptonet_library(cn_he_ntt SOURCES a.cc DEPS cn_base)
function(cryptonet_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
  cryptonet_share_headers(${name})
endfunction()

# cryptonet_test(he_ntt_test SOURCES a_test.cc DEPS cn_he_ntt [SANITIZED] [THREADED]): a GoogleTest
# program; every case is a ctest case. Built with sanitizers, a program is one case (a start costs
# more there than most cases) of sanitized_tests_long, which has the THREADED ones alone under the
# thread sanitizer; SANITIZED ones are in sanitized_tests too, which every `./run test` builds.
add_custom_target(sanitized_tests)
add_custom_target(sanitized_tests_long)
add_dependencies(sanitized_tests_long sanitized_tests)
function(cryptonet_test name)
  cmake_parse_arguments(ARG "SANITIZED;THREADED" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  cryptonet_share_headers(${name})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT CRYPTONET_SANITIZE)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
  elseif(ARG_THREADED OR NOT CRYPTONET_SANITIZE STREQUAL thread)
    cryptonet_sanitized_test(${name} COMMAND ${name} --gtest_brief=1)
    if(ARG_SANITIZED)
      add_dependencies(sanitized_tests ${name})
    else()
      set_tests_properties(Sanitized.${name} PROPERTIES LABELS sanitized-long)
      add_dependencies(sanitized_tests_long ${name})
    endif()
  endif()
endfunction()
find_program(ADDR2LINE addr2line)
# cryptonet_sanitized_test(name COMMAND ...): in a build with sanitizers alone.
function(cryptonet_sanitized_test name)
  add_test(NAME Sanitized.${name} ${ARGN})
  set(options "external_symbolizer_path=${ADDR2LINE}:allow_addr2line=1")
  # death tests fork while threads run
  set(thread_options "${options}:ignore_noninstrumented_modules=1:die_after_fork=0")
  set_tests_properties(Sanitized.${name} PROPERTIES LABELS sanitized TIMEOUT 600 ENVIRONMENT
    "ASAN_OPTIONS=${options};TSAN_OPTIONS=${thread_options}")
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

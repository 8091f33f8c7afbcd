# SPDX-License-Identifier: Apache-2.0
# Third-party libraries as imported targets. Debian's packages, but Arrow: the PyPI pyarrow wheel's
# headers and libraries, found under CRYPTONET_PYARROW_DIR (./run sets it), unless the system has an
# Arrow of its own.
include(GoogleTest)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.81 REQUIRED)

function(cryptonet_import name header library)
  find_path(${name}_INCLUDE ${header} REQUIRED)
  find_library(${name}_LIBRARY ${library} REQUIRED)
  add_library(${name}::${name} UNKNOWN IMPORTED)
  set_target_properties(${name}::${name} PROPERTIES IMPORTED_LOCATION "${${name}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE}")
endfunction()
cryptonet_import(sodium sodium.h sodium)
cryptonet_import(gfshare libgfshare.h gfshare)
cryptonet_import(argon2 argon2.h argon2)
cryptonet_import(pg_query pg_query.h pg_query)
# The core of prometheus-cpp alone: no server of its own, no client library of others.
cryptonet_import(prometheus prometheus/registry.h prometheus-cpp-core)
add_library(prometheus::core ALIAS prometheus::prometheus)
# Passkeys: the gatekeeper alone.
cryptonet_import(fido2 fido.h fido2)
cryptonet_import(cbor cbor.h cbor)
cryptonet_import(crypt crypt.h crypt)
cryptonet_import(oath liboath/oath.h oath)
cryptonet_import(utf8proc utf8proc.h utf8proc)
cryptonet_import(qrencode qrencode.h qrencode)
find_package(ZLIB REQUIRED)
cryptonet_import(zstd zstd.h zstd)
# The header alone: client requests of the constant-time test (base/declassify).
find_path(valgrind_INCLUDE valgrind/memcheck.h REQUIRED)

# Arrow: only the contributor's side links it (docs/decisions). libcrypto stands first on the link
# line because libparquet exports a copy of it; the first in NEEDED wins for the whole process.
set(CRYPTONET_PYARROW_DIR "" CACHE PATH "the pyarrow package folder of a Python environment")
if(NOT CRYPTONET_PYARROW_DIR)
  file(GLOB pyarrow_found ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/pyarrow)
  set(CRYPTONET_PYARROW_DIR "${pyarrow_found}")
endif()
add_library(arrow_for_contributor INTERFACE)
target_include_directories(arrow_for_contributor SYSTEM INTERFACE ${CRYPTONET_PYARROW_DIR}/include)
target_link_libraries(arrow_for_contributor INTERFACE
  "-Wl,--push-state,--no-as-needed -lcrypto -Wl,--pop-state")
foreach(library parquet arrow)
  file(GLOB arrow_file ${CRYPTONET_PYARROW_DIR}/lib${library}.so.*)
  if(NOT arrow_file)
    message(FATAL_ERROR "lib${library} is not under '${CRYPTONET_PYARROW_DIR}': "
      "run ./run build, which installs it")
  endif()
  target_link_libraries(arrow_for_contributor INTERFACE ${arrow_file})
endforeach()
target_link_options(arrow_for_contributor INTERFACE "-Wl,-rpath,${CRYPTONET_PYARROW_DIR}")

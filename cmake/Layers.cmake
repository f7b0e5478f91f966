# The rule of docs/ARCHITECTURE.md, refused by the build where it is broken:
#   main -> service -> store -> domain -> base,  store -> kv -> rocksdb,  service -> rpc -> grpc
# Arrows never point up, and never from one service to another. tools/check_includes holds the #include lines to it too.
set(OM_ALLOWED_base base)
set(OM_ALLOWED_telemetry base)
set(OM_ALLOWED_kv base telemetry)
set(OM_ALLOWED_domain base)
set(OM_ALLOWED_store domain kv base telemetry)
set(OM_ALLOWED_rpc base telemetry)
set(OM_ALLOWED_service store domain rpc base telemetry)
set(OM_ALLOWED_main service store domain kv rpc base telemetry)
set(OM_ALLOWED_testing service store domain kv rpc base telemetry)

# External libraries that only one layer may link.
set(OM_ONLY_kv RocksDB::rocksdb RocksDB::rocksdb-shared)
set(OM_ONLY_rpc gRPC::grpc++)
set(OM_RPC_USERS rpc service main testing)

# Two precompiled headers: the domain's must not bring gRPC in. They are named without a path, so that the same header
# is made in every folder and ccache knows in one clone what was compiled in another.
function(om_pch_host name header)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${name}.cc "\n")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/pch/${name}.cc)
  target_precompile_headers(${name} PRIVATE <${header}>)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake)
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()
om_pch_host(om_pch_base pch_base.h protobuf::libprotobuf absl::status absl::statusor absl::strings)
om_pch_host(om_pch_rpc pch_rpc.h gRPC::grpc++ protobuf::libprotobuf absl::status absl::statusor absl::strings)
om_pch_host(om_pch_test pch_test.h protobuf::libprotobuf absl::status absl::statusor absl::strings GTest::gmock)
om_pch_host(om_pch_rpc_test pch_rpc_test.h gRPC::grpc++ protobuf::libprotobuf absl::status absl::statusor absl::strings
            GTest::gmock)

function(om_check_layer name layer owner)
  foreach(dep IN LISTS ARGN)
    if(dep STREQUAL "om_rpc_stubs" AND NOT layer IN_LIST OM_RPC_USERS)
      message(FATAL_ERROR "${name} (${layer}) may not see gRPC: link om_messages")
    endif()
    foreach(only kv rpc)
      if(dep IN_LIST OM_ONLY_${only} AND NOT layer STREQUAL only)
        message(FATAL_ERROR "${name} (${layer}) links ${dep}: only the ${only} layer may")
      endif()
    endforeach()
    if(NOT TARGET ${dep})
      continue()
    endif()
    get_target_property(dep_layer ${dep} OM_LAYER)
    if(NOT dep_layer)
      continue()
    endif()
    get_target_property(dep_owner ${dep} OM_OWNER)
    if(NOT dep_layer STREQUAL layer AND NOT dep_layer IN_LIST OM_ALLOWED_${layer})
      message(FATAL_ERROR "${name} (${layer}) links ${dep} (${dep_layer}): arrows point down only")
    endif()
    # The simulator and the fuzz targets (owner `proof`) put what are several processes into one: nothing of them is shipped.
    if(NOT dep_owner STREQUAL owner AND NOT dep_owner STREQUAL "common" AND NOT owner STREQUAL "proof")
      message(FATAL_ERROR "${name} (${owner}) links ${dep} (${dep_owner}): call its proto instead")
    endif()
  endforeach()
endfunction()

function(om_reuse_pch name layer test)
  # The precompiled headers are made with -fPIC; programs must be too (CMake would say -fPIE), or they cannot use them.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  if(layer IN_LIST OM_RPC_USERS)
    set(host om_pch_rpc)
  else()
    set(host om_pch_base)
  endif()
  if(test)
    string(APPEND host "_test")
    string(REPLACE om_pch_base_test om_pch_test host ${host})
  endif()
  target_precompile_headers(${name} REUSE_FROM ${host})
endfunction()

# om_library(NAME LAYER OWNER SRCS a.cc b.cc DEPS c d): a library of one layer of one owner (a service, or common).
function(om_library name layer owner)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SRCS})
  set_target_properties(${name} PROPERTIES OM_LAYER ${layer} OM_OWNER ${owner})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  om_check_layer(${name} ${layer} ${owner} ${arg_DEPS})
  target_link_libraries(${name} PUBLIC ${arg_DEPS} absl::status absl::statusor absl::strings om_messages)
  om_reuse_pch(${name} ${layer} FALSE)
endfunction()

# om_binary(NAME OWNER SRCS main.cc DEPS c d): a program in build/bin.
function(om_binary name owner)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${arg_SRCS})
  if(owner STREQUAL "proof")
    # Its programs are tests.
    om_check_layer(${name} testing ${owner} ${arg_DEPS})
  else()
    om_check_layer(${name} main ${owner} ${arg_DEPS})
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  if(TARGET PkgConfig::jemalloc)
    # Nothing names it but malloc itself: the linker must keep it.
    target_link_libraries(${name} PRIVATE -Wl,--no-as-needed PkgConfig::jemalloc -Wl,--as-needed)
  endif()
  om_reuse_pch(${name} main FALSE)
endfunction()

# Every program of unit tests, and nothing else.
add_custom_target(om_unit_tests)

# om_test(NAME LAYER OWNER SRCS a_test.cc DEPS c): one test program; each of its cases is a ctest test labelled `unit`.
function(om_test name layer owner)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${arg_SRCS})
  om_check_layer(${name} testing ${owner} ${arg_DEPS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest_main)
  om_reuse_pch(${name} ${layer} TRUE)
  add_dependencies(om_unit_tests ${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} NO_PRETTY_VALUES WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTIES LABELS unit TIMEOUT 120
                       DISCOVERY_TIMEOUT 60)
endfunction()

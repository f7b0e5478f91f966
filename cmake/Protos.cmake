# Two libraries from proto/: om_messages (what the domain may see) and om_rpc_stubs (what only the edge may see).
set(OM_PROTO_DIR ${CMAKE_SOURCE_DIR}/proto)
set(OM_PROTO_OUT ${CMAKE_BINARY_DIR}/proto)
if(NOT EXISTS ${OM_PROTO_DIR}/third_party/google/rpc/status.proto)
  message(FATAL_ERROR "proto/third_party is missing: run tools/setup first")
endif()
file(MAKE_DIRECTORY ${OM_PROTO_OUT})

file(GLOB_RECURSE om_google_protos RELATIVE ${OM_PROTO_DIR}/third_party CONFIGURE_DEPENDS
     ${OM_PROTO_DIR}/third_party/*.proto)
file(GLOB_RECURSE om_own_protos RELATIVE ${OM_PROTO_DIR} CONFIGURE_DEPENDS ${OM_PROTO_DIR}/ordermesh/*.proto)

set(om_message_sources)
set(om_stub_sources)
set(om_headers)
set(om_inputs)
foreach(proto IN LISTS om_google_protos om_own_protos)
  string(REGEX REPLACE "\\.proto$" "" base ${proto})
  list(APPEND om_message_sources ${OM_PROTO_OUT}/${base}.pb.cc)
  list(APPEND om_headers ${OM_PROTO_OUT}/${base}.pb.h)
  if(proto MATCHES "_service\\.proto$")
    list(APPEND om_stub_sources ${OM_PROTO_OUT}/${base}.grpc.pb.cc)
    list(APPEND om_headers ${OM_PROTO_OUT}/${base}.grpc.pb.h)
  endif()
  if(proto MATCHES "^google/")
    list(APPEND om_inputs ${OM_PROTO_DIR}/third_party/${proto})
  else()
    list(APPEND om_inputs ${OM_PROTO_DIR}/${proto})
  endif()
endforeach()

set(om_service_protos ${om_own_protos})
list(FILTER om_service_protos INCLUDE REGEX "_service\\.proto$")
set(om_protoc protobuf::protoc -I ${OM_PROTO_DIR}/third_party -I ${OM_PROTO_DIR})
add_custom_command(
  OUTPUT ${om_message_sources} ${om_stub_sources} ${om_headers}
  COMMAND ${om_protoc} --cpp_out=${OM_PROTO_OUT} ${om_google_protos} ${om_own_protos}
  COMMAND ${om_protoc} --grpc_out=${OM_PROTO_OUT} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
          ${om_service_protos}
  DEPENDS ${om_inputs}
  COMMENT "Generating messages and stubs"
  VERBATIM)
add_custom_target(om_generate DEPENDS ${om_headers})

add_library(om_messages STATIC ${om_message_sources})
target_link_libraries(om_messages PUBLIC protobuf::libprotobuf)
add_library(om_rpc_stubs STATIC ${om_stub_sources})
target_link_libraries(om_rpc_stubs PUBLIC om_messages gRPC::grpc++)
foreach(library om_messages om_rpc_stubs)
  target_include_directories(${library} SYSTEM PUBLIC ${OM_PROTO_OUT})
  target_compile_options(${library} PRIVATE -w)
  add_dependencies(${library} om_generate)
endforeach()
# Generated messages define the same static names in every file; stubs do not.
set_target_properties(om_rpc_stubs PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)

// For services that take or give other messages than the generated ones, the same on the wire: gRPC knows a method by
// its place in its service (grpc::Service::MarkMethodCallback).
#pragma once

#include <google/protobuf/descriptor.h>

#include "services/common/base/errors.h"

namespace ordermesh::rpc {

// The place of `method` in `service`, both without their package, in the file of a message of the service's proto.
inline int MethodIndex(const google::protobuf::Descriptor& message, const char* service, const char* method) {
  const auto* const found = message.file()->FindServiceByName(service);
  OM_CHECK(found != nullptr && found->FindMethodByName(method) != nullptr);
  return found->FindMethodByName(method)->index();
}

}  // namespace ordermesh::rpc

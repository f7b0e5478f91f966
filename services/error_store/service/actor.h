// Who a call is made for.
#pragma once

#include <grpcpp/server_context.h>

#include "services/common/rpc/access.h"
#include "services/error_store/domain/review.h"

namespace ordermesh::error_store {

inline Actor ActorOf(const grpc::ServerContextBase& context) {
  Actor actor;
  if (const auto identity = rpc::IdentityOf(context); identity.has_value()) {
    actor.subject = identity->subject();
    actor.role = identity->role();
    actor.request_id = identity->request_id();
  }
  return actor;
}

}  // namespace ordermesh::error_store

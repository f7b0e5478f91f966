// Who asks, and what is written down of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/common/rpc/access.h"

namespace ordermesh::partners {

struct Caller {
  // Nothing where a part of the mesh calls on its own behalf.
  std::optional<rpc::Identity> identity;
  // Stands for who it is where there is no identity.
  std::string name = "mesh";

  // Named as author of what it makes.
  const std::string& Author() const {
    return identity.has_value() && !identity->subject().empty() ? identity->subject() : name;
  }
  std::string RequestId() const { return identity.has_value() ? identity->request_id() : ""; }
};

// PERMISSION_DENIED (NOT_YOUR_PARTNER) where a partner names another, known or not.
absl::Status CheckVisible(const Caller& caller, const std::string& partner_id);

// One line that says who changed what of which partner. `detail` is a version or the id of a key, never a key.
void LogChange(const Caller& caller, std::string_view what, const std::string& partner_id,
               const std::string& detail = "");

}  // namespace ordermesh::partners

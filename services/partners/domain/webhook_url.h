// What a webhook URL may be. This is the check of what is stored; whoever sends to it must also check and pin the
// address that the name resolves to, because a public name can point anywhere.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace ordermesh::partners {

// `https://` host [`:` port] [path] [`?` query], at most 2,048 bytes of printable ASCII, where
//   host is a public DNS name: two labels at least, the last one starts with a letter (so that no notation of an IP
//   address
//        is a host), no name that is only known inside a network (localhost, .local, .internal, .svc and the like);
//   port is 443, or 1024 to 65535;
//   there is no user, no password and no fragment, and each % is followed by two hex digits.
// INVALID_ARGUMENT names `field` and the rule that is broken.
absl::Status CheckWebhookUrl(std::string_view field, std::string_view url);

}  // namespace ordermesh::partners

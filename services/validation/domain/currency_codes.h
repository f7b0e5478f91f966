// The currencies of ISO 4217 that orders can be in.
#pragma once

#include <string_view>

namespace ordermesh::validation {

// True for an active code of a currency, in upper case. Metals, funds, test codes and XXX are none.
bool IsCurrencyCode(std::string_view code);

}  // namespace ordermesh::validation

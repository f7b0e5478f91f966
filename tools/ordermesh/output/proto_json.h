// Messages as JSON, as the REST contract has it: lowerCamelCase, enum names, 64-bit numbers as texts, and every field
// that is not optional, also where it is zero or empty.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace ordermesh::cli {

std::string ToJson(const google::protobuf::Message& message);

}  // namespace ordermesh::cli

#include "tools/ordermesh/output/proto_json.h"

#include "google/protobuf/util/json_util.h"
#include "services/common/base/errors.h"

namespace ordermesh::cli {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Only a time outside the years 1 to 9999 cannot be printed, and no part of the mesh makes one.
  OM_CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

}  // namespace ordermesh::cli

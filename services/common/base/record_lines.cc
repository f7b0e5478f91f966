#include "services/common/base/record_lines.h"

#include <utility>

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/base/decimal.h"
#include "services/common/base/errors.h"

namespace ordermesh {
namespace {

bool LooksLikeFormula(std::string_view cell) {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !cell.empty() && kStarts.find(cell.front()) != std::string_view::npos && !Decimal::Parse(cell).ok();
}

}  // namespace

CsvLine& CsvLine::Add(std::string_view cell) {
  if (!std::exchange(empty_, false)) line_ += ',';
  const bool formula = LooksLikeFormula(cell);
  const bool quoted = formula || cell.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) line_ += '"';
  if (formula) line_ += '\'';
  for (const char c : cell) {
    if (c == '"') line_ += '"';
    line_ += c;
  }
  if (quoted) line_ += '"';
  return *this;
}

std::string CsvLine::Take() {
  empty_ = true;
  return std::exchange(line_, {});
}

std::string JsonLine(const google::protobuf::Message& message) {
  std::string json;
  // Only a time outside the years 1 to 9999 cannot be printed, and no part of the mesh makes one.
  OM_CHECK(google::protobuf::util::MessageToJsonString(message, &json).ok());
  return json;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return google::protobuf::util::TimeUtil::ToString(time);
}

}  // namespace ordermesh

// Records as lines of text: CSV and NDJSON.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

namespace ordermesh {

// One line of CSV (RFC 4180).
class CsvLine {
 public:
  // A cell is quoted where it must be. One that a spreadsheet would take for a formula gets an apostrophe, but for
  // numbers.
  CsvLine& Add(std::string_view cell);
  // Without a line feed.
  std::string Take();

 private:
  std::string line_;
  bool empty_ = true;
};

// The message as one line of JSON: lowerCamelCase, without what has its default value.
std::string JsonLine(const google::protobuf::Message& message);

// "2026-01-15T10:30:00Z"; empty where it is not set.
std::string TimeText(const google::protobuf::Timestamp& time);

}  // namespace ordermesh

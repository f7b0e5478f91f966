// Reads the YAML of a mapping so that every fault is named with file, line and column.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ordermesh/validation/v1/validation_service.pb.h"
#include "services/common/base/decimal.h"

namespace ordermesh::validation {

// Collects the faults of one folder; at most kMax are kept.
class ProblemLog {
 public:
  static constexpr int kMax = 100;

  explicit ProblemLog(google::protobuf::RepeatedPtrField<v1::MappingProblem>* problems) : problems_(problems) {}

  // The file that the following faults are in.
  void SetFile(std::string_view path) { path_ = std::string(path); }
  const std::string& file() const { return path_; }

  void Add(const YAML::Mark& mark, std::string_view message);
  void Add(const YAML::Node& node, std::string_view message) { Add(node.Mark(), message); }
  // About the file as a whole.
  void Add(std::string_view message) { Add(YAML::Mark::null_mark(), message); }

  int count() const { return count_; }

 private:
  google::protobuf::RepeatedPtrField<v1::MappingProblem>* problems_;
  std::string path_;
  int count_ = 0;
};

// The root of a YAML text. A fault of syntax is logged and gives nothing.
std::optional<YAML::Node> ParseYaml(const std::string& text, ProblemLog& problems);

// A YAML map whose keys are taken one by one; what is left over in the end is a fault.
class YamlMap {
 public:
  // Logs a fault where `node` is no map of plain keys, or has a key twice.
  YamlMap(const YAML::Node& node, std::string_view what, ProblemLog& problems);

  // The value of a key, once; nothing where the key is absent.
  std::optional<YAML::Node> Take(std::string_view key);
  // Logs every key that was not taken.
  void RefuseRest();

  bool is_map() const { return is_map_; }
  const YAML::Node& node() const { return node_; }

  struct Entry {
    std::string key;
    YAML::Node key_node;
    YAML::Node value;
    bool taken = false;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  YAML::Node node_;
  std::string what_;
  ProblemLog& problems_;
  bool is_map_ = false;
  std::vector<Entry> entries_;
  std::vector<std::string> asked_;
};

// Readers of one value. Each logs a fault, with what is allowed, and gives nothing where the node is something else.
std::optional<std::string> ReadScalar(const YAML::Node& node, std::string_view what, ProblemLog& problems);
std::optional<bool> ReadBool(const YAML::Node& node, std::string_view what, ProblemLog& problems);
std::optional<int64_t> ReadInteger(const YAML::Node& node, std::string_view what, int64_t min, int64_t max,
                                   ProblemLog& problems);
std::optional<Decimal> ReadDecimal(const YAML::Node& node, std::string_view what, ProblemLog& problems);
// A whole number with s, m, h or d behind it: 90s, 15m, 48h, 30d.
std::optional<absl::Duration> ReadDuration(const YAML::Node& node, std::string_view what, ProblemLog& problems);
// A list of scalars; a single scalar is a list of one.
std::vector<std::string> ReadScalars(const YAML::Node& node, std::string_view what, size_t max, ProblemLog& problems);

}  // namespace ordermesh::validation

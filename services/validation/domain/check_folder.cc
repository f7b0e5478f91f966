#include "services/validation/domain/check_folder.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/validation/domain/mapping_compiler.h"
#include "services/validation/domain/order_times.h"
#include "services/validation/domain/yaml_reader.h"

namespace ordermesh::validation {
namespace {

constexpr char kDefaultNow[] = "2026-01-15T12:00:00Z";

std::string MoneyText(const google::type::Money& money) {
  const auto amount = Decimal::FromMoney(money);
  return amount.ok() ? amount->ToString() : "";
}

std::optional<std::string> LineField(const order::v1::OrderLine& line, std::string_view name) {
  if (name == "productId") return line.product_id();
  if (name == "quantity") return line.quantity();
  if (name == "unitPrice") return MoneyText(line.unit_price());
  return std::nullopt;
}

// The field of an order as the examples write it: decimals shortest, times in RFC 3339.
std::optional<std::string> OrderField(const order::v1::Order& order, std::string_view name) {
  if (name == "externalOrderId") return order.external_order_id();
  if (name == "sequenceNumber") return order.has_sequence_number() ? std::to_string(order.sequence_number()) : "";
  if (name == "customerId") return order.customer_id();
  if (name == "taxRate") return order.tax_rate();
  if (name == "currency") return order.currency();
  if (name == "grossAmount") return MoneyText(order.gross_amount());
  if (name == "taxAmount") return MoneyText(order.tax_amount());
  if (name == "netAmount") return MoneyText(order.net_amount());
  if (name == "transactionTime") {
    const auto time = FromTimestamp(order.transaction_time());
    return time.has_value() ? absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone()) : "";
  }
  return std::nullopt;
}

// Runs one example file and logs where its result is not the expected one.
class Example {
 public:
  Example(const PartnerPlan& plan, const ConfigFiles& files, ProblemLog& problems)
      : plan_(plan), files_(files), problems_(problems) {}

  void Run(const v1::ConfigFile& file) {
    if (const auto expect = Examine(file); expect.has_value()) Compare(*expect);
  }

  // Maps the example's payload; gives what is expected of it.
  std::optional<YAML::Node> Examine(const v1::ConfigFile& file) {
    const auto root = ParseYaml(file.content(), problems_);
    if (!root.has_value()) return std::nullopt;
    YamlMap map(*root, "an example", problems_);
    if (!map.is_map()) return std::nullopt;
    map.Take("description");
    const auto payload = ReadPayload(map);
    const absl::Time now = ReadNow(map);
    const auto expect = map.Take("expect");
    map.RefuseRest();
    if (!payload.has_value() || !expect.has_value()) {
      problems_.Add(*root, "an example needs payload or payload_file, and expect");
      return std::nullopt;
    }
    outcome_ = plan_.MapRaw(*payload, now, scratch_, order_);
    return expect;
  }

  ViolationList TakeViolations() { return std::move(outcome_.violations); }

 private:
  std::optional<std::string> ReadPayload(YamlMap& map) {
    const auto text = map.Take("payload");
    const auto name = map.Take("payload_file");
    if (text.has_value()) return ReadScalar(*text, "payload", problems_);
    if (!name.has_value()) return std::nullopt;
    const v1::ConfigFile* file = FindFile(files_, ReadScalar(*name, "payload_file", problems_).value_or(""));
    if (file != nullptr) return file->content();
    problems_.Add(*name, "the folder has no such file");
    return std::nullopt;
  }

  absl::Time ReadNow(YamlMap& map) {
    const auto node = map.Take("now");
    const std::string text = node.has_value() ? ReadScalar(*node, "now", problems_).value_or("") : kDefaultNow;
    absl::Time now;
    if (!absl::ParseTime(absl::RFC3339_full, text, &now, nullptr))
      problems_.Add(*node, "now must be a time in RFC 3339");
    return now;
  }

  void Compare(const YAML::Node& node) {
    YamlMap map(node, "expect", problems_);
    const auto verdict = map.Take("verdict");
    const auto order = map.Take("order");
    const auto violations = map.Take("violations");
    map.RefuseRest();
    const std::string wanted = verdict.has_value() ? ReadScalar(*verdict, "verdict", problems_).value_or("") : "";
    if (wanted != "VALID" && wanted != "REJECTED") {
      problems_.Add(node, "expect needs a verdict: VALID or REJECTED");
      return;
    }
    if ((wanted == "VALID") != outcome_.violations.empty()) {
      problems_.Add(*verdict, absl::StrCat("the verdict differs; the violations are: ", Found()));
      return;
    }
    if (order.has_value()) CompareOrder(*order);
    if (violations.has_value()) CompareViolations(*violations);
  }

  void CompareOrder(const YAML::Node& node) {
    YamlMap map(node, "order", problems_);
    for (const YamlMap::Entry& entry : map.entries()) {
      if (entry.key == "lines") {
        CompareLines(entry.value);
        continue;
      }
      CompareText(entry, OrderField(order_, entry.key));
    }
  }

  void CompareLines(const YAML::Node& node) {
    if (!node.IsSequence() || static_cast<int>(node.size()) != order_.lines_size()) {
      problems_.Add(node, absl::StrCat("the order has ", order_.lines_size(), " lines"));
      return;
    }
    int at = 0;
    for (const YAML::Node& item : node) {
      YamlMap map(item, "a line", problems_);
      for (const YamlMap::Entry& entry : map.entries()) CompareText(entry, LineField(order_.lines(at), entry.key));
      ++at;
    }
  }

  void CompareText(const YamlMap::Entry& entry, const std::optional<std::string>& got) {
    if (!got.has_value()) {
      problems_.Add(entry.key_node, absl::StrCat("an order has no field '", entry.key, "'"));
    } else if (ReadScalar(entry.value, entry.key, problems_).value_or("") != *got) {
      problems_.Add(entry.value, absl::StrCat(entry.key, " is '", *got, "'"));
    }
  }

  void CompareViolations(const YAML::Node& node) {
    bool same = node.IsSequence() && static_cast<int>(node.size()) == outcome_.violations.size();
    for (int i = 0; same && i < outcome_.violations.size(); ++i) {
      YamlMap map(node[i], "a violation", problems_);
      const auto text = [&](const char* key) {
        const auto value = map.Take(key);
        return value.has_value() ? ReadScalar(*value, key, problems_).value_or("") : std::string();
      };
      const Violation& got = outcome_.violations[i];
      const std::string line = text("line");
      same = text("field") == got.field() && text("code") == Violation::Code_Name(got.code()) &&
             (line.empty() ? got.line() == 0 : line == std::to_string(got.line()));
      map.RefuseRest();
    }
    if (!same) problems_.Add(node, absl::StrCat("the violations differ; they are: ", Found()));
  }

  std::string Found() const {
    if (outcome_.violations.empty()) return "none";
    std::string text;
    for (const Violation& violation : outcome_.violations) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", Violation::Code_Name(violation.code()), " ", violation.field());
      if (violation.line() > 0) absl::StrAppend(&text, " line ", violation.line());
    }
    return text;
  }

  const PartnerPlan& plan_;
  const ConfigFiles& files_;
  ProblemLog& problems_;
  Scratch scratch_;
  order::v1::Order order_;
  Outcome outcome_;
};

void CheckExternalId(std::string_view partner_id, const PartnerPlan& plan, const ConfigFiles& live_files,
                     ProblemLog& problems) {
  if (live_files.empty()) return;
  const auto live = PartnerPlan::Compile(partner_id, live_files, 0, nullptr);
  // What this code cannot read has made no order that it could compare with.
  if (!live.ok() || plan.KeepsExternalIdOf(**live)) return;
  problems.SetFile(kMappingFile);
  problems.Add(
      "externalOrderId must come from the same place, and be made in the same way, as in the live config: otherwise "
      "replays of stored orders could not be recognised");
}

}  // namespace

bool IsExample(const std::string& path) { return absl::StartsWith(path, "examples/") && absl::EndsWith(path, ".yaml"); }

std::optional<ViolationList> ViolationsOfExample(const PartnerPlan& plan, const ConfigFiles& files,
                                                 const v1::ConfigFile& file) {
  MappingProblems unheard;
  ProblemLog problems(&unheard);
  Example example(plan, files, problems);
  if (!example.Examine(file).has_value()) return std::nullopt;
  return example.TakeViolations();
}

v1::CheckMappingResponse CheckFolder(std::string_view partner_id, const ConfigFiles& files,
                                     const ConfigFiles& live_files) {
  v1::CheckMappingResponse response;
  const auto plan = PartnerPlan::Compile(partner_id, files, 0, response.mutable_problems());
  if (!plan.ok()) return response;
  response.set_numbered((*plan)->numbered());
  response.set_rounding((*plan)->RoundingText());
  ProblemLog problems(response.mutable_problems());
  CheckExternalId(partner_id, **plan, live_files, problems);
  for (const v1::ConfigFile& file : files) {
    if (!IsExample(file.path())) continue;
    problems.SetFile(file.path());
    Example(**plan, files, problems).Run(file);
    response.set_examples_run(response.examples_run() + 1);
  }
  response.set_ok(problems.count() == 0);
  return response;
}

}  // namespace ordermesh::validation

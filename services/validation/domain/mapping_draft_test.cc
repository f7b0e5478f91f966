#include "services/validation/domain/mapping_draft.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kMapping[] = R"(# Kept.
fields:
  externalOrderId: {concat: [shop, number]}
  # The buyer.
  customerId: buyer.id  # theirs
  currency: {from: cur, clean: [trim, upper], enum: [EUR, USD], replace: {"€": EUR}}
  transactionTime: at
  taxRate: {from: tax, default: 0.2, required: false}
checks:
  - {name: channel, from: channel, enum: [web, shop]}
lines:
  from: rows
  fields:
    productId:
      from: sku  # the article
      length: {max: 20}
    quantity: {from: n, accept: [text, number]}
    unitPrice: {from: cost, scale: -2}
rules:
  - {field: total, check: "total == net + sum(vat.amount) "}
unknown: reject
known: [note]
)";

ordermesh::error::v1::Patch PatchOf(const std::string& operations) {
  ordermesh::error::v1::Patch patch;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage("{\"operations\": [" + operations + "]}", &patch).ok())
      << operations;
  return patch;
}

absl::StatusOr<MappingDraft> Draft(const std::string& operations, const std::string& mapping = kMapping) {
  return DraftMapping("test", MappingFolder(mapping), PatchOf(operations));
}

// The mapping that the draft should be: kMapping with one text replaced.
void ExpectDraft(const std::string& operation, std::string_view from, std::string_view to) {
  const auto draft = Draft(operation);
  ASSERT_TRUE(draft.ok()) << operation << ": " << draft.status();
  EXPECT_EQ(draft->mapping, Replaced(kMapping, from, to)) << operation;
  PlanOf(draft->mapping);
}

TEST(MappingDraft, SaysWhatMissingValuesBecomeAsDefault) {
  const std::string_view to = "customerId: {from: buyer.id, default: \"99999\"}  # theirs";
  ExpectDraft(R"({"set": {"path": "buyer.id", "value": "\"99999\""}})", "customerId: buyer.id  # theirs", to);
  ExpectDraft(R"({"replace": {"path": "buyer.id", "from": "\"\"", "to": "\"99999\""}})",
              "customerId: buyer.id  # theirs", to);
  ExpectDraft(R"({"replace": {"path": "buyer.id", "from": "null", "to": "\"99999\""}})",
              "customerId: buyer.id  # theirs", to);
  ExpectDraft(R"({"set": {"path": "rows[].sku", "value": "\"ODD-1\""}})", "from: sku  # the article\n",
              "from: sku  # the article\n      default: ODD-1\n");
  ExpectDraft(R"({"set": {"path": "rows[].cost", "value": "150"}})", "{from: cost, scale: -2}",
              "{from: cost, scale: -2, default: 150}");
  ExpectDraft(R"({"set": {"path": "channel", "value": "\"web\""}})", "from: channel, enum: [web, shop]}",
              "from: channel, enum: [web, shop], default: web}");
  // Cleaned, as the patched value would be.
  ExpectDraft(R"({"set": {"path": "cur", "value": "\" eur \""}})", "{\"€\": EUR}}", "{\"€\": EUR}, default: EUR}");
}

TEST(MappingDraft, SaysWhatItHasDoneAndWhatItMeans) {
  const auto set = Draft(R"({"set": {"path": "buyer.id", "value": "\"99999\""}})");
  EXPECT_THAT(set->effects,
              ElementsAre("customerId of every future order is \"99999\" where buyer.id is missing, null or empty; a "
                          "value that is there stays, where the patch would overwrite it."));
  EXPECT_THAT(set->fields, ElementsAre("customerId"));
  const auto replaced = Draft(R"({"replace": {"path": "buyer.id", "from": "\"x\"", "to": "\"z\""}})");
  EXPECT_THAT(replaced->effects,
              ElementsAre("In customerId of every future order x becomes z; any other value stays."));
  const auto emptied = Draft(R"({"replace": {"path": "buyer.id", "from": "\"x\"", "to": "null"}})");
  EXPECT_THAT(emptied->effects,
              ElementsAre("In customerId of every future order x counts as missing; any other value stays."));
}

TEST(MappingDraft, SaysOtherValuesAsReplace) {
  ExpectDraft(R"({"replace": {"path": "buyer.id", "from": "\"x\"", "to": "\"z\""}})", "customerId: buyer.id  # theirs",
              "customerId: {from: buyer.id, replace: {x: z}}  # theirs");
  // In a field that replaces already it is one entry more; both sides are cleaned.
  ExpectDraft(R"({"mapValue": {"path": "cur", "table": {"\"us$\"": "\"usd\""}}})", "{\"€\": EUR}",
              "{\"€\": EUR, \"US$\": USD}");
  ExpectDraft(R"({"mapValue": {"path": "rows[].n", "table": {"0": "1", "\"two\"": "2"}}})",
              "{from: n, accept: [text, number]}",
              "{from: n, accept: [text, number], replace: {two: \"2\", \"0\": \"1\"}}");
  // A missing value among them is the default.
  ExpectDraft(R"({"mapValue": {"path": "buyer.id", "table": {"\"\"": "\"a\"", "\"b\"": "\"c\""}}})",
              "customerId: buyer.id  # theirs", "customerId: {from: buyer.id, default: a, replace: {b: c}}  # theirs");
}

TEST(MappingDraft, SaysARemovedMemberAsKnown) {
  ExpectDraft(R"({"remove": {"path": "rows[].colour"}})", "known: [note]", "known: [note, rows.colour]");
  const auto first = Draft(R"({"remove": {"path": "extra"}})", Replaced(kMapping, "known: [note]\n", ""));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->mapping, HasSubstr("unknown: reject\nknown: [extra]\n"));
  EXPECT_THAT(first->fields, ElementsAre("extra"));
}

TEST(MappingDraft, DoesSeveralOperationsInTheirOrder) {
  const auto draft = Draft(R"({"set": {"path": "buyer.id", "value": "\"1\""}}, {"remove": {"path": "extra"}},
                              {"replace": {"path": "buyer.id", "from": "\"x\"", "to": "\"z\""}})");
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_THAT(draft->mapping, HasSubstr("{from: buyer.id, default: \"1\", replace: {x: z}}  # theirs"));
  EXPECT_THAT(draft->mapping, HasSubstr("known: [note, extra]"));
  EXPECT_EQ(draft->effects.size(), 3);
}

TEST(MappingDraft, RefusesWhatNoMappingSays) {
  const struct {
    std::string operation, why;
  } cases[] = {
      {R"({"set": {"path": "buyer.name", "value": "\"x\""}})", "operations[0] at buyer.name: no field of the mapping"},
      {R"({"set": {"path": "buyer", "value": "\"x\""}})", "customerId is read from inside it"},
      {R"({"set": {"path": "buyer.id", "value": "{}"}})", "no objects or arrays"},
      {R"({"set": {"path": "buyer.id", "value": "null"}})", "cannot take a value away"},
      {R"({"set": {"path": "buyer.id", "value": "7"}})", "customerId takes no numbers there"},
      {R"({"set": {"path": "tax", "value": "0.1"}})", "taxRate has a default already: \"0.2\""},
      {R"({"set": {"path": "number", "value": "\"x\""}})", "externalOrderId joins it with other values"},
      {R"({"set": {"path": "rows[0].sku", "value": "\"x\""}})", "it names some elements, and productId"},
      {R"({"set": {"path": "total", "value": "1"}})", "the rule on total reads it too"},
      {R"({"set": {"path": "vat[].amount", "value": "1"}})", "the rule on total reads it too"},
      {R"({"replace": {"path": "cur", "from": "\" €\"", "to": "\"USD\""}})", "currency replaces \"€\" already"},
      {R"({"replace": {"path": "cur", "from": "\"eur\"", "to": "\"EUR\""}})", "makes the same of both values"},
      {R"({"replace": {"path": "buyer.id", "from": "1", "to": "\"1\""}})", "customerId takes no numbers there"},
      {R"({"replace": {"path": "buyer.id", "from": "null", "to": "\"\""}})", "both missing values"},
      {R"({"mapValue": {"path": "buyer.id", "table": {"null": "\"a\"", "\"\"": "\"b\""}}})", "become different values"},
      {R"({"remove": {"path": "buyer.id"}})", "customerId is read from it"},
      {R"({"remove": {"path": "buyer"}})", "customerId is read from inside it"},
  };
  for (const auto& c : cases) {
    const auto draft = Draft(c.operation);
    EXPECT_EQ(draft.status().code(), absl::StatusCode::kFailedPrecondition) << c.operation;
    EXPECT_THAT(draft.status().message(), HasSubstr(c.why)) << c.operation;
    EXPECT_EQ(ReasonOf(draft.status()), "NOT_EXPRESSIBLE") << c.operation;
  }
}

TEST(MappingDraft, RefusesToTouchTheExternalOrderId) {
  const std::string mapping = Replaced(kMapping, "{concat: [shop, number]}", "number");
  const auto draft = Draft(R"({"replace": {"path": "number", "from": "\"1\"", "to": "\"2\""}})", mapping);
  EXPECT_THAT(draft.status().message(), HasSubstr("must be made in the same way for ever"));
}

TEST(MappingDraft, RefusesRemovalsThatTheMappingDoesNotCallFor) {
  const std::string ignoring = Replaced(kMapping, "unknown: reject\nknown: [note]\n", "");
  EXPECT_THAT(Draft(R"({"remove": {"path": "extra"}})", ignoring).status().message(), HasSubstr("ignores it as it is"));
}

TEST(MappingDraft, RefusesBadPatches) {
  EXPECT_TRUE(absl::IsInvalidArgument(Draft("").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Draft(R"({"set": {"path": "a[", "value": "1"}})").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Draft(R"({"set": {"path": "a", "value": "{"}})").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Draft("{}").status()));
}

}  // namespace
}  // namespace ordermesh::validation

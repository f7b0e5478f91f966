#include "services/error_store/domain/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "services/common/base/errors.h"

namespace ordermesh::error_store {
namespace {

constexpr char kInvoice[] = R"({"InvoiceNo":"536365","lines":[{"StockCode":"85123A","Quantity":"6","CustomerID":""},)"
                            R"({"StockCode":"71053","Quantity":"6","CustomerID":""}]})";

std::string Derived(std::string_view before, std::string_view after) {
  const auto patch = DerivePatch(before, after);
  return patch.ok() ? patch->ShortDebugString() : ReasonOf(patch.status());
}

TEST(PatchTest, WhatIsDoneToEveryLineIsSaidOnce) {
  const std::string after = absl::StrReplaceAll(kInvoice, {{R"("CustomerID":"")", R"("CustomerID":"C-1")"}});
  const auto patch = DerivePatch(kInvoice, after);
  ASSERT_TRUE(patch.ok()) << patch.status();
  ASSERT_EQ(patch->operations_size(), 1) << patch->ShortDebugString();
  EXPECT_EQ(patch->operations(0).replace().path(), "lines[].CustomerID");
  EXPECT_EQ(patch->operations(0).replace().from(), "\"\"");
  EXPECT_EQ(patch->operations(0).replace().to(), "\"C-1\"");
  EXPECT_EQ(ApplyPatch(*patch, kInvoice).value_or(""), after);
}

TEST(PatchTest, WhatIsDoneToOneLineIsSaidOfThatLine) {
  EXPECT_EQ(Derived(R"({"a":[{"b":1,"c":1},{"b":2,"c":2}]})", R"({"a":[{"b":1,"c":1},{"b":3,"c":2}]})"),
            R"(operations { replace { path: "a[].b" from: "2" to: "3" } })");
  // Of every element it would change the first as well.
  EXPECT_EQ(Derived(R"({"a":[{"b":2},{"b":2}]})", R"({"a":[{"b":2},{"b":3}]})"),
            R"(operations { replace { path: "a[1].b" from: "2" to: "3" } })");
}

TEST(PatchTest, MembersComeAndGo) {
  EXPECT_EQ(Derived(R"({"a":{"x":1,"y":2}})", R"({"a":{"y":2,"z":3.10}})"),
            R"(operations { remove { path: "a.x" } } operations { set { path: "a.z" value: "3.10" } })");
}

TEST(PatchTest, NumbersKeepTheirText) {
  PatchMessage patch;
  auto* set = patch.add_operations()->mutable_set();
  set->set_path("price");
  set->set_value("10.50");
  EXPECT_EQ(ApplyPatch(patch, R"({"price":1e2,"n":12345678901234567890.10})").value_or(""),
            R"({"price":10.50,"n":12345678901234567890.10})");
}

TEST(PatchTest, ATableMapsWhatItHas) {
  PatchMessage patch;
  auto* map = patch.add_operations()->mutable_map_value();
  map->set_path("currency");
  (*map->mutable_table())["\"£\""] = "\"GBP\"";
  EXPECT_EQ(ApplyPatch(patch, R"({"currency":"£"})").value_or(""), R"({"currency":"GBP"})");
  EXPECT_EQ(ReasonOf(ApplyPatch(patch, R"({"currency":"USD"})").status()), "PATCH_DOES_NOT_FIT");
}

TEST(PatchTest, WhatDoesNotFitIsSaid) {
  PatchMessage patch;
  patch.add_operations()->mutable_remove()->set_path("a.b");
  EXPECT_EQ(ReasonOf(ApplyPatch(patch, R"({"a":1})").status()), "PATCH_DOES_NOT_FIT");
  EXPECT_EQ(ApplyPatch(patch, "no JSON").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Derived(R"({"a":1})", R"({ "a" : 1 })"), "NO_EDIT");
  EXPECT_EQ(Derived(R"({"a":[1,2]})", R"({"a":[1,3]})"), "NO_PATCH");
}

TEST(PatchTest, APatchIsCheckedBeforeItIsUsed) {
  const auto with = [](const std::string& path, const std::string& value) {
    PatchMessage patch;
    patch.add_operations()->mutable_set()->set_path(path);
    patch.mutable_operations(0)->mutable_set()->set_value(value);
    return CheckPatch(patch).ok();
  };
  EXPECT_TRUE(with("a.b[0].c", "{\"x\":[1]}"));
  EXPECT_TRUE(with("a[][].c", "null"));
  for (const char* path : {"", ".a", "a.", "a..b", "[0].a", "a[", "a[x].b", "a[]", "a[]b"})
    EXPECT_FALSE(with(path, "1"));
  for (const char* value : {"", "x", "1 2", "1,\"v\":2", "\"", "01"}) EXPECT_FALSE(with("a", value)) << value;
  EXPECT_FALSE(CheckPatch(PatchMessage()).ok());
}

}  // namespace
}  // namespace ordermesh::error_store

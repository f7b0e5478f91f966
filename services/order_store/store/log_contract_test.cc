// What every Log promises, asked of both implementations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "services/common/kv/memory_kv.h"
#include "services/order_store/store/log.h"
#include "services/order_store/store/schema.h"

namespace ordermesh::order_store {
namespace {

using ::testing::ElementsAre;

class LogContractTest : public testing::TestWithParam<bool> {
 protected:
  LogContractTest() : kv_(kv::NewMemoryKv(kFamilies)), log_(GetParam() ? *OpenKvLog(*kv_) : NewMemoryLog()) {}

  void Append(const std::vector<LogRow>& rows) {
    const auto effects = kv_->NewBatch();
    effects->Put(kMeta, "effect", "there");
    ASSERT_EQ(log_->Append(rows, *effects), absl::OkStatus());
  }
  std::vector<std::string> ReadFrom(int64_t position) {
    std::vector<std::string> rows;
    const auto reader = log_->Read();
    for (bool found = *reader->Seek(position); found; found = *reader->Next()) {
      rows.push_back(absl::StrCat(reader->position(), " ", std::string(reader->row()), *reader->Payload()));
    }
    return rows;
  }

  std::unique_ptr<kv::Kv> kv_;
  std::unique_ptr<Log> log_;
};

TEST_P(LogContractTest, StartsEmpty) {
  EXPECT_EQ(log_->end(), 0);
  EXPECT_THAT(ReadFrom(1), ElementsAre());
}

TEST_P(LogContractTest, NumbersRowsDenselyFromOne) {
  Append({{"a", ""}, {"b", "!"}});
  Append({{"c", ""}});
  EXPECT_EQ(log_->end(), 3);
  EXPECT_THAT(ReadFrom(0), ElementsAre("1 a", "2 b!", "3 c"));
}

TEST_P(LogContractTest, ReadsFromAPosition) {
  Append({{"a", ""}, {"b", ""}, {"c", ""}});
  EXPECT_THAT(ReadFrom(3), ElementsAre("3 c"));
  EXPECT_THAT(ReadFrom(4), ElementsAre());
}

TEST_P(LogContractTest, ReaderKeepsTheStateItStartedFrom) {
  Append({{"a", ""}});
  const auto reader = log_->Read();
  Append({{"b", ""}});
  EXPECT_TRUE(*reader->Seek(1));
  EXPECT_FALSE(*reader->Next());
}

TEST_P(LogContractTest, WritesEffectsExactlyWhenItSaysSo) {
  Append({{"a", ""}});
  EXPECT_EQ(kv_->Get(kMeta, "effect")->has_value(), log_->keeps_effects());
}

TEST_P(LogContractTest, FindsItsEndAgain) {
  if (!GetParam()) return;
  Append({{"a", ""}, {"b", ""}});
  log_ = *OpenKvLog(*kv_);
  EXPECT_EQ(log_->end(), 2);
}

INSTANTIATE_TEST_SUITE_P(Implementations, LogContractTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Kv" : "Memory"; });

}  // namespace
}  // namespace ordermesh::order_store

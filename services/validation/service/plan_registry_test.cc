#include "services/validation/service/plan_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "services/common/base/errors.h"
#include "services/validation/domain/test_support.h"

namespace ordermesh::validation {
namespace {

using partners::v1::PartnerRecord;

std::shared_ptr<const PartnerRecord> Record(const std::string& partner_id, int32_t version, const ConfigFiles& files,
                                            int32_t error_ttl_days = 0) {
  auto record = std::make_shared<PartnerRecord>();
  record->mutable_partner()->set_partner_id(partner_id);
  record->mutable_partner()->set_error_ttl_days(error_ttl_days);
  if (version == 0) return record;
  record->mutable_config()->set_version(version);
  *record->mutable_config()->mutable_files() = files;
  return record;
}

class PlanRegistryTest : public testing::Test {
 protected:
  // Null where the partner has no plan.
  const PartnerPlan* PlanOf(const std::string& partner_id) {
    taken_ = registry_.Plans();
    const LivePlan* live = taken_ == nullptr ? nullptr : taken_->Find(partner_id);
    return live == nullptr ? nullptr : live->plan.get();
  }

  const ConfigFiles sound_ = ShippedFolder("partner-a");
  const ConfigFiles broken_ = MappingFolder("fields: 5\n");
  PlanRegistry registry_;
  std::shared_ptr<const PlanSet> taken_;
};

TEST_F(PlanRegistryTest, KnowsNothingBeforeTheFirstUpdate) {
  EXPECT_EQ(registry_.Plans(), nullptr);
  registry_.Update({});
  ASSERT_NE(registry_.Plans(), nullptr);
  EXPECT_EQ(registry_.Plans()->Find("partner-a"), nullptr);
}

TEST_F(PlanRegistryTest, ThePlanHasTheVersionOfTheConfig) {
  registry_.Update({{"partner-a", Record("partner-a", 41, sound_)}, {"new", Record("new", 0, {})}});
  ASSERT_NE(PlanOf("partner-a"), nullptr);
  EXPECT_EQ(PlanOf("partner-a")->version(), 41);
  EXPECT_EQ(PlanOf("new"), nullptr);
}

TEST_F(PlanRegistryTest, CompilesOnlyWhatHasChanged) {
  const auto unchanged = Record("partner-b", 1, ShippedFolder("partner-b"));
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_)}, {"partner-b", unchanged}});
  const auto before = registry_.Plans();
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_, 30)}, {"partner-b", unchanged}});
  const auto after = registry_.Plans();
  EXPECT_EQ(after->Find("partner-b")->plan, before->Find("partner-b")->plan);
  EXPECT_EQ(after->Find("partner-a")->plan, before->Find("partner-a")->plan);
  EXPECT_EQ(before->Find("partner-a")->error_ttl_days, 0);
  EXPECT_EQ(after->Find("partner-a")->error_ttl_days, 30);
}

TEST_F(PlanRegistryTest, OneMessageKeepsThePlansThatItTook) {
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_)}});
  const auto taken = registry_.Plans();
  registry_.Update({{"partner-a", Record("partner-a", 2, sound_)}});
  EXPECT_EQ(taken->Find("partner-a")->plan->version(), 1);
  EXPECT_EQ(PlanOf("partner-a")->version(), 2);
}

TEST_F(PlanRegistryTest, AVersionThatDoesNotCompileLeavesTheOneBefore) {
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_)}});
  registry_.Update({{"partner-a", Record("partner-a", 2, broken_)}});
  ASSERT_NE(PlanOf("partner-a"), nullptr);
  EXPECT_EQ(PlanOf("partner-a")->version(), 1);
  registry_.Update({{"partner-a", Record("partner-a", 3, sound_)}});
  EXPECT_EQ(PlanOf("partner-a")->version(), 3);
}

TEST_F(PlanRegistryTest, WithoutOneBeforeThePartnerHasNoPlanUntilAVersionCompiles) {
  registry_.Update({{"partner-a", Record("partner-a", 1, broken_)}});
  EXPECT_EQ(PlanOf("partner-a"), nullptr);
  registry_.Update({{"partner-a", Record("partner-a", 2, sound_)}});
  ASSERT_NE(PlanOf("partner-a"), nullptr);
}

TEST_F(PlanRegistryTest, TheSameNumberWithOtherFilesIsAnotherVersion) {
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_)}});
  ASSERT_TRUE(PlanOf("partner-a")->numbered());
  registry_.Update({{"partner-a", Record("partner-a", 1, ShippedFolder("partner-b"))}});
  EXPECT_FALSE(PlanOf("partner-a")->numbered());
}

TEST_F(PlanRegistryTest, APartnerThatIsGoneHasNoPlan) {
  registry_.Update({{"partner-a", Record("partner-a", 1, sound_)}});
  registry_.Update({});
  EXPECT_EQ(PlanOf("partner-a"), nullptr);
}

}  // namespace
}  // namespace ordermesh::validation

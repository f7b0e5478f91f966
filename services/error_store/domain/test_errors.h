// Errors for tests: valid ones, to be changed by the test.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ordermesh/error/v1/error_commit_service.pb.h"
#include "services/common/base/ids.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {

using ordermesh::common::v1::OrderVerdict;
using ordermesh::common::v1::Violation;
using ordermesh::error::v1::ErrorCommit;

inline void AddViolation(ErrorMessage& error, ViolationCode code, const std::string& field, int line = 0) {
  auto* violation = error.add_violations();
  violation->set_code(code);
  violation->set_field(field);
  violation->set_line(line);
  violation->set_message(absl::StrCat("broken: ", field));
  violation->set_value("-1");
}

// The n-th rejected payload of a partner, received n seconds after 2026-01-01, with one violation.
inline ErrorCommit MakeCommit(const std::string& partner, int n) {
  ErrorCommit commit;
  commit.set_tag(static_cast<uint64_t>(n));
  ErrorMessage& error = *commit.mutable_error();
  error.set_partner_id(partner);
  error.set_kind(OrderVerdict::REJECTED);
  error.set_external_order_id(absl::StrCat("ORD-", n));
  error.set_raw_payload(absl::StrCat("{\"partner\":\"", partner, "\",\"n\":", n, "}"));
  error.set_mapping_version(3);
  const int64_t received_second = 1'767'225'600 + n;
  error.mutable_received_time()->set_seconds(received_second);
  error.set_ingest_id(MakeUuidV7(received_second * 1000, 7, static_cast<uint64_t>(n)).ToString());
  AddViolation(error, Violation::RANGE, "quantity", 1);
  commit.set_payload_sha256(Sha256(error.raw_payload()));
  return commit;
}

inline Intake MakeIntake(ErrorCommit commit) {
  auto intake = TakeIn(std::move(commit));
  EXPECT_TRUE(intake.ok()) << intake.status();
  return *std::move(intake);
}

inline Intake MakeIntake(const std::string& partner, int n) { return MakeIntake(MakeCommit(partner, n)); }

}  // namespace ordermesh::error_store

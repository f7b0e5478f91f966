// The limits of partners, with their reasons.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace ordermesh::partners {

// All partners with their live configs are in memory, here and in every follower.
inline constexpr size_t kMaxPartners = 10'000;
inline constexpr size_t kMaxNameBytes = 128;
inline constexpr size_t kMaxLabelBytes = 128;
inline constexpr size_t kMaxMessageBytes = 1'024;
inline constexpr int kMaxErrorTtlDays = 3'650;

inline constexpr int64_t kMaxRate = 1'000'000'000;
inline constexpr absl::Duration kMinRatePeriod = absl::Milliseconds(1);
inline constexpr absl::Duration kMaxRatePeriod = absl::Hours(24);
// What a new partner gets where nothing is said.
inline constexpr int64_t kDefaultOrderRate = 10'000;
inline constexpr int64_t kDefaultOrderBurst = 5'000;
inline constexpr int64_t kDefaultQueryRate = 1'000;

inline constexpr int kMaxWebhookUrls = 10;
inline constexpr size_t kMaxWebhookUrlBytes = 2'048;

// A config: small enough that a request with the new and the live one stays far below the message limit of 4 MiB.
inline constexpr size_t kMaxConfigBytes = 1 << 20;
inline constexpr int kMaxConfigFiles = 200;
inline constexpr size_t kMaxConfigPathBytes = 255;

// A diff of two versions: an answer stays below the message limit.
inline constexpr size_t kMaxDiffBytes = 2 << 20;

// Two live keys: the old one and the new one, while a partner rotates.
inline constexpr int kMaxLiveKeys = 2;
// Keys kept of a partner, dead ones too; past that the oldest dead one is forgotten. Lists of keys have no pages.
inline constexpr size_t kMaxKeptKeys = 500;

// One LeaseTokens call, and one want.
inline constexpr int kMaxWants = 1'000;
inline constexpr int64_t kMaxWantedTokens = 1'000'000;
inline constexpr size_t kMaxHolderBytes = 128;
// Replicas that took from a bucket within this time share it.
inline constexpr absl::Duration kHolderTime = absl::Seconds(5);
// When to ask again for a partner or key that is not known: it may be on its way.
inline constexpr absl::Duration kUnknownRetry = absl::Seconds(1);
inline constexpr int kMaxKeyUses = 10'000;

}  // namespace ordermesh::partners

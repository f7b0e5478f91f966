// The limits of the error-store, with their reasons.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ordermesh::error_store {

// What one CommitErrors message may hold: twice a full piece of an order stream, so that a whole rejected piece and its
// conflicts fit one message.
inline constexpr int kMaxCommitItems = 1'024;
// Texts that people read are cut to this; what identifies an error is refused instead.
inline constexpr size_t kMaxFieldBytes = 128;
inline constexpr size_t kMaxMessageBytes = 512;
inline constexpr size_t kMaxTextBytes = 256;
// The canonical order of an error, serialized: an order is at most 1 MiB as received, and its exact amounts and names
// grow on the way, but never to twice that.
inline constexpr size_t kMaxCanonicalOrderBytes = 2 << 20;

// What may wait for the writer: some 20,000 errors of the usual size, less than a second of work.
inline constexpr size_t kMaxQueuedBytes = 32 << 20;
// What one group writes: large enough to make a sync cheap, small enough that the first of it does not wait long.
inline constexpr size_t kMaxGroupBytes = 4 << 20;
// What an error weighs in the queue besides its payload: row, postings and the answer.
inline constexpr size_t kErrorOverheadBytes = 1'024;

// Steps (seeks and rows read) of one List call; then the page ends early with a token.
inline constexpr int kMaxListSteps = 20'000;
// Rows that one read of the change feed passes over; then the watcher gets an empty message with its new position.
inline constexpr int kMaxFeedSteps = 8'192;
inline constexpr int kDefaultWatchBatch = 256;
inline constexpr int kMaxWatchBatch = 1'000;
// Counters of one statistics answer: more would pass the message limit of 4 MiB.
inline constexpr int kMaxStatsEntries = 20'000;

// Positions of one zone (store/schema.h): a sweep removes at most so many errors in one write.
inline constexpr int64_t kZonePositions = 256;
// Zones that one turn of the sweep looks at before the writer takes the next group.
inline constexpr int kMaxSweepZones = 4'096;
// Counters that the writer remembers; past that it forgets all and reads again.
inline constexpr size_t kMaxKnownCounters = 65'536;

// The days that an error is kept after its last change.
inline constexpr int kMinTtlDays = 1;
inline constexpr int kMaxTtlDays = 3'650;
inline constexpr int kDefaultTtlDays = 90;

// What people write: names, notes and reasons, tags.
inline constexpr size_t kMaxAssigneeBytes = 128;
inline constexpr size_t kMaxNoteBytes = 2'000;
inline constexpr size_t kMaxTagBytes = 32;
inline constexpr size_t kMaxTags = 16;
// Payloads of one error, besides the original.
inline constexpr int kMaxEdits = 100;
// Changes that one patch makes.
inline constexpr int kMaxPatchOperations = 50;
// How often one error may be sent again: what was refused so often needs another mapping, not another try.
inline constexpr int kMaxRetries = 20;

// Jobs: errors a second, and how many may be under way.
inline constexpr int kDefaultJobRate = 250;
inline constexpr int kMaxJobRate = 5'000;
inline constexpr int kMaxRunningJobs = 10;
inline constexpr size_t kMaxRequestIdBytes = 64;
// What a job changes in one write.
inline constexpr int kMaxJobTurn = 200;
// Errors that the draft of a mapping is tried on, and what their payloads may weigh: seconds of work.
inline constexpr int kMaxDraftTrials = 1'000;
inline constexpr size_t kMaxDraftBytes = 16 << 20;
// What is tried with one question: two payloads of the largest size and it still are one message.
inline constexpr size_t kDraftPieceBytes = 1 << 20;
// Examples of each outcome of a preview, and outcomes that are told apart.
inline constexpr int kDefaultExamples = 3;
inline constexpr int kMaxExamples = 20;
inline constexpr size_t kMaxOutcomes = 200;

}  // namespace ordermesh::error_store

// The service over a real local channel.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/base/errors.h"
#include "services/error_store/domain/errors.h"
#include "services/error_store/service/config.h"
#include "services/error_store/service/test_service.h"

namespace ordermesh::error_store {
namespace {

using ::testing::ElementsAre;

TEST_F(ServiceTest, AnswersEveryItemByItsTag) {
  ErrorCommit bad = MakeCommit("partner-a", 2);
  bad.mutable_error()->set_partner_id("no/partner");
  ErrorCommit again = MakeCommit("partner-a", 1);
  again.set_tag(77);
  const auto results = Commit({MakeCommit("partner-a", 1), bad, MakeCommit("partner-a", 3), again});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_FALSE(results.at(1).kept().existed());
  EXPECT_EQ(results.at(2).status().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(results.at(3).kept().existed());
  EXPECT_TRUE(results.at(77).kept().existed());
  EXPECT_EQ(results.at(77).kept().error_id(), results.at(1).kept().error_id());
}

TEST_F(ServiceTest, AFullDiskIsSaidOfEachItem) {
  store_.faulty().FailWritesWith(absl::ResourceExhaustedError("no space"));
  const auto results = Commit({MakeCommit("partner-a", 1), MakeCommit("partner-a", 2)});
  for (const auto& [tag, result] : results) EXPECT_EQ(FromProto(result.status()), DiskFull()) << tag;
  store_.faulty().FailWritesWith(absl::OkStatus());
  EXPECT_FALSE(CommitOne("partner-a", 1).empty());
}

TEST_F(ServiceTest, AClosedWriterRefusesEachItem) {
  store_.store().Close();
  EXPECT_EQ(FromProto(Commit({MakeCommit("partner-a", 1)}).at(1).status()), WriterQueueFull());
}

TEST_F(ServiceTest, TooManyItemsEndTheStream) {
  grpc::ClientContext context;
  const auto stream = commit_stub_->CommitErrors(&context);
  CommitErrorsRequest request;
  for (int n = 0; n <= kMaxCommitItems; ++n) request.add_items();
  stream->Write(request);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServiceTest, GetsListsAndCounts) {
  const std::string id = CommitOne("partner-a", 1);
  CommitOne("partner-b", 2);
  grpc::ClientContext get_context, list_context, stats_context;
  GetErrorRequest get;
  get.set_id(id);
  ErrorMessage error;
  ASSERT_TRUE(stub_->GetError(&get_context, get, &error).ok());
  EXPECT_EQ(error.raw_payload(), MakeCommit("partner-a", 1).error().raw_payload());
  ListErrorsRequest list;
  list.set_partner_id("partner-b");
  ListErrorsResponse page;
  ASSERT_TRUE(stub_->ListErrors(&list_context, list, &page).ok());
  ASSERT_EQ(page.errors_size(), 1);
  EXPECT_EQ(page.errors(0).external_order_id(), "ORD-2");
  ErrorStats stats;
  ASSERT_TRUE(stub_->GetErrorStats(&stats_context, GetErrorStatsRequest(), &stats).ok());
  EXPECT_EQ(stats.total_count(), 2);
}

TEST_F(ServiceTest, RefusalsKeepTheirReason) {
  grpc::ClientContext get_context, list_context;
  ErrorMessage error;
  EXPECT_EQ(rpc::FromGrpc(stub_->GetError(&get_context, GetErrorRequest(), &error)), ErrorNotFound());
  ListErrorsRequest list;
  list.set_page_size(-1);
  ListErrorsResponse page;
  EXPECT_EQ(ReasonOf(rpc::FromGrpc(stub_->ListErrors(&list_context, list, &page))), "INVALID_FIELD");
}

TEST_F(ServiceTest, AWatchCatchesUpAndGoesOnLive) {
  CommitOne("partner-a", 1);
  CommitOne("partner-a", 2);
  grpc::ClientContext context;
  const auto reader = stub_->WatchErrors(&context, WatchErrorsRequest());
  EXPECT_THAT(ReadPositions(*reader, 2), ElementsAre(1, 2));
  CommitOne("partner-a", 3);
  EXPECT_THAT(ReadPositions(*reader, 1), ElementsAre(3));
  context.TryCancel();
}

TEST_F(ServiceTest, AWatchResumesAfterAPosition) {
  for (int n = 1; n <= 5; ++n) CommitOne(n == 4 ? "partner-b" : "partner-a", n);
  WatchErrorsRequest request;
  request.set_after_position(2);
  request.set_partner_id("partner-a");
  request.set_max_batch(1);
  grpc::ClientContext context;
  const auto reader = stub_->WatchErrors(&context, request);
  EXPECT_THAT(ReadPositions(*reader, 2), ElementsAre(3, 5));
  context.TryCancel();
}

TEST_F(ServiceTest, AWatchFromTheEndShowsOnlyWhatComes) {
  CommitOne("partner-a", 1);
  WatchErrorsRequest request;
  request.set_from_end(true);
  request.set_after_position(99);
  grpc::ClientContext context;
  const auto reader = stub_->WatchErrors(&context, request);
  reader->WaitForInitialMetadata();
  CommitOne("partner-a", 2);
  EXPECT_THAT(ReadPositions(*reader, 1), ElementsAre(2));
  context.TryCancel();
}

TEST_F(ServiceTest, ManyWatchersSeeEveryErrorOnceWhileErrorsCome) {
  constexpr int kErrors = 400;
  std::vector<std::vector<int64_t>> seen(4);
  std::vector<std::thread> watchers;
  for (auto& positions : seen) {
    watchers.emplace_back([this, &positions] {
      grpc::ClientContext context;
      WatchErrorsRequest request;
      request.set_max_batch(7);
      const auto reader = stub_->WatchErrors(&context, request);
      positions = ReadPositions(*reader, kErrors);
      context.TryCancel();
    });
  }
  for (int n = 1; n <= kErrors; n += 4) {
    Commit({MakeCommit("partner-a", n), MakeCommit("partner-a", n + 1), MakeCommit("partner-a", n + 2),
            MakeCommit("partner-a", n + 3)});
  }
  for (std::thread& watcher : watchers) watcher.join();
  std::vector<int64_t> all(kErrors);
  for (int i = 0; i < kErrors; ++i) all[i] = i + 1;
  for (const auto& positions : seen) EXPECT_EQ(positions, all);
}

TEST_F(ServiceTest, AWatcherThatDoesNotReadHoldsNobodyUp) {
  grpc::ClientContext context;
  const auto idle = stub_->WatchErrors(&context, WatchErrorsRequest());
  for (int round = 0; round < 20; ++round) {
    std::vector<ErrorCommit> commits;
    for (int n = 0; n < 50; ++n) commits.push_back(MakeCommit("partner-a", round * 50 + n));
    EXPECT_EQ(Commit(commits).size(), 50u);
  }
  EXPECT_EQ(ReadPositions(*idle, 1'000).size(), 1'000u);
  context.TryCancel();
}

TEST_F(ServiceTest, RefusesBadWatches) {
  CommitOne("partner-a", 1);
  WatchErrorsRequest past_end, negative, too_many;
  past_end.set_after_position(2);
  negative.set_after_position(-1);
  too_many.set_max_batch(kMaxWatchBatch + 1);
  EXPECT_EQ(WatchStatus(past_end), WatchPastEnd(2, 1));
  EXPECT_EQ(WatchStatus(negative).message(), "after_position: must not be negative");
  EXPECT_EQ(WatchStatus(too_many).message(), "max_batch: must be 0 to 1,000");
}

TEST_F(ServiceTest, AuditsOverTheWire) {
  for (int n = 1; n <= 5; ++n) CommitOne("partner-a", n);
  const auto report = Audit(/*rebuild=*/true);
  EXPECT_TRUE(report.ok()) << report.ShortDebugString();
  EXPECT_EQ(report.rows(), 5);
  EXPECT_TRUE(report.rebuilt());
  EXPECT_EQ(Audit(/*rebuild=*/false).state_hash(), report.state_hash());
}

TEST_F(ServiceTest, DrainingEndsStreamsAfterTheirAnswers) {
  grpc::ClientContext watch_context, commit_context;
  const auto watch = stub_->WatchErrors(&watch_context, WatchErrorsRequest());
  const auto stream = commit_stub_->CommitErrors(&commit_context);
  CommitErrorsRequest request;
  *request.add_items() = MakeCommit("partner-a", 1);
  stream->Write(request);
  CommitErrorsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(ReadPositions(*watch, 1).size(), 1u);
  server_->Shutdown();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(rpc::IsDraining(rpc::FromGrpc(stream->Finish())));
  WatchErrorsResponse more;
  EXPECT_FALSE(watch->Read(&more));
  EXPECT_TRUE(rpc::IsDraining(rpc::FromGrpc(watch->Finish())));
}

struct FlagCase {
  std::vector<const char*> arguments;
  bool accepted;
};

TEST(ConfigTest, FlagsAreCheckedBeforeAnythingOpens) {
  const FlagCase cases[] = {
      {{"store"}, false},
      {{"store", "--data", "d"}, true},
      {{"store", "--data", "d", "--error_ttl_days", "0"}, false},
      {{"store", "--data", "d", "--error_ttl_days", "1"}, true},
      {{"store", "--data", "d", "--error_ttl_days", "3650"}, true},
      {{"store", "--data", "d", "--error_ttl_days", "3651"}, false},
      {{"store", "--data", "d", "--shard", "4096"}, false},
      {{"store", "--data", "d", "--read_threads", "0"}, false},
      {{"store", "--data", "d", "--max_queued_mib", "1"}, false},
  };
  for (const FlagCase& c : cases) {
    CLI::App app("test");
    Config config;
    AddFlags(app, config);
    const auto exit_code =
        rpc::ParseFlags(app, static_cast<int>(c.arguments.size()), const_cast<char**>(c.arguments.data()));
    EXPECT_EQ(!exit_code.has_value(), c.accepted) << c.arguments.back();
  }
}

}  // namespace
}  // namespace ordermesh::error_store

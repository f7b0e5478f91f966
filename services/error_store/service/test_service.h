// The two services of a shard over a real local channel, for tests.
#pragma once

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/rpc/server.h"
#include "services/common/rpc/status.h"
#include "services/error_store/service/commit_service.h"
#include "services/error_store/service/error_service.h"
#include "services/error_store/store/test_store.h"

namespace ordermesh::error_store {

using ordermesh::common::v1::AuditRequest;
using ordermesh::common::v1::AuditResponse;
using ordermesh::error::v1::CommitErrorsRequest;
using ordermesh::error::v1::CommitErrorsResponse;
using ordermesh::error::v1::ErrorCommitResult;
using ordermesh::error::v1::ErrorCommitService;
using ordermesh::error::v1::ErrorStats;
using ordermesh::error::v1::GetErrorRequest;
using ordermesh::error::v1::GetErrorStatsRequest;
using ordermesh::error::v1::ListErrorsRequest;
using ordermesh::error::v1::ListErrorsResponse;
using ordermesh::error::v1::WatchErrorsRequest;
using ordermesh::error::v1::WatchErrorsResponse;
using ErrorReads = ordermesh::error::v1::ErrorService;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    store_.options().on_advance = [this] { hub_.Notify(); };
    store_.Reopen();
    commits_ = std::make_unique<CommitService>(store_.store(), drain_);
    errors_ = std::make_unique<ErrorService>(store_.store(), hub_, drain_, 2);
    rpc::ServerConfig config;
    config.drain_seconds = 5;
    config.tls.insecure = true;
    auto server = rpc::Server::Start(config, "test", {commits_.get(), errors_.get()}, drain_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
    commit_stub_ = ErrorCommitService::NewStub(channel);
    stub_ = ErrorReads::NewStub(channel);
  }

  // One batch on a stream of its own; answers by tag.
  std::map<uint64_t, ErrorCommitResult> Commit(const std::vector<ErrorCommit>& commits) {
    grpc::ClientContext context;
    const auto stream = commit_stub_->CommitErrors(&context);
    CommitErrorsRequest request;
    for (const ErrorCommit& commit : commits) *request.add_items() = commit;
    EXPECT_TRUE(stream->Write(request));
    std::map<uint64_t, ErrorCommitResult> results;
    CommitErrorsResponse response;
    while (results.size() < commits.size() && stream->Read(&response)) {
      for (const auto& result : response.results()) results[result.tag()] = result;
    }
    stream->WritesDone();
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
    return results;
  }

  std::string CommitOne(const std::string& partner, int n) {
    return Commit({MakeCommit(partner, n)}).begin()->second.kept().error_id();
  }

  // Reads a watch until it has `count` errors.
  static std::vector<int64_t> ReadPositions(grpc::ClientReader<WatchErrorsResponse>& reader, size_t count) {
    std::vector<int64_t> positions;
    WatchErrorsResponse response;
    while (positions.size() < count && reader.Read(&response)) {
      for (const auto& watched : response.errors()) positions.push_back(watched.position());
    }
    return positions;
  }

  absl::Status WatchStatus(const WatchErrorsRequest& request) {
    grpc::ClientContext context;
    const auto reader = stub_->WatchErrors(&context, request);
    WatchErrorsResponse response;
    while (reader->Read(&response)) {
    }
    return rpc::FromGrpc(reader->Finish());
  }

  ordermesh::common::v1::AuditReport Audit(bool rebuild) {
    grpc::ClientContext context;
    AuditRequest request;
    request.set_rebuild(rebuild);
    const auto reader = stub_->AuditErrors(&context, request);
    AuditResponse response, last;
    while (reader->Read(&response)) last = response;
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(last.rows_read(), last.rows_total());
    return last.report();
  }

  TestStore store_{Engine::kRocks};
  rpc::WatchHub hub_;
  rpc::Drain drain_;
  std::unique_ptr<CommitService> commits_;
  std::unique_ptr<ErrorService> errors_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<ErrorCommitService::Stub> commit_stub_;
  std::unique_ptr<ErrorReads::Stub> stub_;
};

}  // namespace ordermesh::error_store

// Many orders over one stream: batched by pressure, with a bounded window, resent after a reconnect.
#ifndef ORDERMESH_ORDER_STREAM_H_
#define ORDERMESH_ORDER_STREAM_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "ordermesh/common/v1/verdict.pb.h"
#include "ordermesh/feed/v1/feed_service.grpc.pb.h"

namespace ordermesh {

// What became of one order: the verdict where `status` is OK, otherwise why there is none. Sending the order again is
// safe.
struct Result {
  grpc::Status status;
  common::v1::OrderVerdict verdict;
};

// The bounds of a stream.
struct StreamLimits {
  // Unanswered orders at most; Submit waits while they are that many.
  std::size_t window = 8192;
  // Bytes of unanswered orders at most.
  std::size_t window_bytes = std::size_t{64} << 20;
  // Orders in one message at most. A message is sent as soon as the connection takes one, with what has come by then.
  std::size_t max_batch = 512;
  // Bytes of orders in one message at most, where it holds more than one.
  std::size_t max_batch_bytes = std::size_t{1} << 20;
  // After this an order without a verdict fails with DEADLINE_EXCEEDED.
  std::chrono::milliseconds patience{60'000};
};

// Sends orders of one partner and gives a future for each verdict. Made by Client::Stream; Submit may be called from
// many threads.
//
// A stream that breaks is opened again and the unanswered orders are sent again. An order that the mesh could not take
// at the moment (UNAVAILABLE, RESOURCE_EXHAUSTED) is sent again after the delay that the mesh asked for.
class OrderStream {
 public:
  // The largest order.
  static constexpr std::size_t kMaxPayloadBytes = std::size_t{1} << 20;

  // `prepare` puts the headers on a call; `stub` must outlive the stream.
  OrderStream(feed::v1::FeedService::Stub* stub, std::function<void(grpc::ClientContext*)> prepare,
              std::string partner_id, StreamLimits limits);
  // Closes it.
  ~OrderStream();
  OrderStream(const OrderStream&) = delete;
  OrderStream& operator=(const OrderStream&) = delete;

  // Queues one order, the partner's own JSON byte for byte, and returns the future of what becomes of it. Waits while
  // the window is full. INVALID_ARGUMENT above 1 MiB; what ended the stream once it has ended.
  std::future<Result> Submit(std::string payload);

  // Waits until every order has its result, and ends the stream. Harmless when repeated; not to be called from several
  // threads at once.
  void Close();

 private:
  using Clock = std::chrono::steady_clock;
  using Call = grpc::ClientReaderWriter<feed::v1::StreamOrdersRequest, feed::v1::StreamOrdersResponse>;

  struct Item {
    std::string payload;
    Clock::time_point first_sent;
    std::promise<Result> promise;
  };

  bool IsFull(std::size_t more) const;
  void Run();
  // Opens the stream once and reads until it ends. Says how, and whether anything was answered.
  grpc::Status RunOnce(bool* answered);
  void Write(Call* call, grpc::ClientContext* context, std::uint64_t generation);
  // What to send next; false once nothing is to be sent on this stream any more.
  bool NextBatch(std::unique_lock<std::mutex>* lock, grpc::ClientContext* context, std::uint64_t generation,
                 feed::v1::StreamOrdersRequest* request);
  void TakeReady(feed::v1::StreamOrdersRequest* request);
  void Settle(feed::v1::StreamOrdersResponse* response);
  Item Take(std::map<std::uint64_t, Item>::iterator found);
  void GiveUpOld();
  void FailAll(const grpc::Status& status);

  feed::v1::FeedService::Stub* const stub_;
  const std::function<void(grpc::ClientContext*)> prepare_;
  const std::string partner_id_;
  const StreamLimits limits_;

  std::mutex mutex_;
  // Notified of every change of what the mutex guards, which is everything below but the runner.
  std::condition_variable changed_;
  std::map<std::uint64_t, Item> unanswered_;  // By tag: oldest first.
  std::size_t unanswered_bytes_ = 0;
  std::deque<std::uint64_t> ready_;
  std::multimap<Clock::time_point, std::uint64_t> delayed_;
  std::uint64_t next_tag_ = 1;
  std::uint64_t generation_ = 0;
  bool closing_ = false;
  grpc::Status failure_;
  std::thread runner_;
};

}  // namespace ordermesh

#endif  // ORDERMESH_ORDER_STREAM_H_

#include "tools/bench/rest_load.h"

#include <poll.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nlohmann/json.hpp"
#include "tools/bench/http_response.h"
#include "tools/bench/http_socket.h"
#include "tools/ordermesh/client/retry.h"

namespace ordermesh::bench {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(100);
constexpr int kOk = 200;
constexpr int kCreated = 201;
constexpr int kBadRequest = 400;
constexpr int kConflict = 409;
constexpr int kUnprocessable = 422;
constexpr int kTooMany = 429;
constexpr int kUnavailable = 503;

// One connection and what it has under way.
struct Lane {
  HttpSocket socket;
  HttpResponse response;
  std::optional<Schedule::Batch> batch;
  absl::Time intended;
  std::string request;
  size_t sent = 0;
  // The request waits until then, whole: after a refusal, or for a connection.
  absl::Time resume_at = absl::InfinitePast();
  bool waiting = false;
  client::Backoff backoff;
};

class RestLoad {
 public:
  RestLoad(const LoadOptions& options, const OrderMaker& maker, const client::Connection& target,
           std::atomic<int64_t>& progress)
      : options_(options),
        maker_(maker),
        address_(target.address),
        progress_(progress),
        start_(absl::Now()),
        schedule_(options, start_) {
    path_ = absl::StrCat("/api/feed/", maker.partner(), options.mode == Mode::kBatch ? "/batch" : "");
    head_ = absl::StrCat("POST ", path_, " HTTP/1.1\r\nHost: ", address_, "\r\nContent-Type: application/json\r\n");
    for (const auto& [name, value] : target.channel.metadata) absl::StrAppend(&head_, name, ": ", value, "\r\n");
    for (int i = 0; i < options.streams; ++i) lanes_.push_back(std::make_unique<Lane>());
  }

  LoadResult Run() {
    while (true) {
      const absl::Time now = absl::Now();
      GiveOut(now);
      for (auto& lane : lanes_) {
        if (lane->waiting && lane->resume_at <= now) Send(*lane, now);
      }
      if (ended_ && std::none_of(lanes_.begin(), lanes_.end(), [](auto& lane) { return lane->batch.has_value(); })) {
        break;
      }
      Wait(now);
    }
    return {tally_, absl::Now() - start_};
  }

 private:
  // Hands every batch whose time has come to a lane that has none.
  void GiveOut(absl::Time now) {
    for (auto& lane : lanes_) {
      if (lane->batch.has_value()) continue;
      if (!next_.has_value() && !ended_) {
        next_ = schedule_.Next(now);
        ended_ = !next_.has_value();
      }
      if (!next_.has_value() || next_->due > now) return;
      lane->intended = schedule_.open_loop() ? next_->due : now;
      lane->batch = std::exchange(next_, std::nullopt);
      lane->backoff.Reset();
      tally_.sent += lane->batch->count;
      MakeRequest(*lane);
      Send(*lane, now);
    }
  }

  void MakeRequest(Lane& lane) {
    body_.clear();
    for (int i = 0; i < lane.batch->count; ++i) {
      maker_.Make(lane.batch->first + i, input_);
      absl::StrAppend(&body_, i == 0 ? "" : ",", input_.raw_payload());
    }
    if (options_.mode == Mode::kBatch) body_ = absl::StrCat("[", body_, "]");
    lane.request = absl::StrCat(head_, "Content-Length: ", body_.size(), "\r\n\r\n", body_);
  }

  // Sends the request from its start.
  void Send(Lane& lane, absl::Time now) {
    lane.waiting = false;
    lane.sent = 0;
    if (!lane.socket.open()) {
      lane.response = HttpResponse();
      if (!lane.socket.Connect(address_).ok()) return Again(lane, now, lane.backoff.Next());
    }
    SendMore(lane, now);
  }

  void SendMore(Lane& lane, absl::Time now) {
    const auto sent = lane.socket.Send(std::string_view(lane.request).substr(lane.sent));
    if (!sent.ok()) return Break(lane, now);
    lane.sent += *sent;
  }

  void Break(Lane& lane, absl::Time now) {
    lane.socket.Close();
    ++tally_.reconnects;
    Again(lane, now, lane.backoff.Next());
  }

  // The order is sent once more after a pause. An open loop does not: it would no longer be open.
  void Again(Lane& lane, absl::Time now, absl::Duration pause) {
    tally_.busy += lane.batch->count;
    if (schedule_.open_loop() || now - lane.intended > options_.wait) {
      tally_.failed += lane.batch->count;
      lane.batch.reset();
      return;
    }
    lane.waiting = true;
    lane.resume_at = now + pause;
  }

  void Wait(absl::Time now) {
    absl::Time until = now + kPoll;
    const bool idle = std::any_of(lanes_.begin(), lanes_.end(), [](auto& lane) { return !lane->batch.has_value(); });
    if (next_.has_value() && idle) until = std::min(until, next_->due);
    polls_.clear();
    polled_.clear();
    for (auto& lane : lanes_) {
      if (lane->waiting) until = std::min(until, lane->resume_at);
      if (!lane->batch.has_value() || lane->waiting) continue;
      const bool sending = lane->sent < lane->request.size();
      polls_.push_back({lane->socket.fd(), static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0});
      polled_.push_back(lane.get());
    }
    const timespec limit = absl::ToTimespec(std::max(until - now, absl::ZeroDuration()));
    if (ppoll(polls_.data(), polls_.size(), &limit, nullptr) <= 0) return;
    const absl::Time after = absl::Now();
    for (size_t i = 0; i < polls_.size(); ++i) {
      if ((polls_[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
        Receive(*polled_[i], after);
      } else if ((polls_[i].revents & POLLOUT) != 0) {
        SendMore(*polled_[i], after);
      }
    }
  }

  void Receive(Lane& lane, absl::Time now) {
    received_.clear();
    const auto open = lane.socket.Receive(received_);
    if (!open.ok() || !lane.response.Take(received_).ok()) return Break(lane, now);
    if (lane.response.complete()) {
      if (lane.response.closes()) lane.socket.Close();
      Settle(lane, now);
      if (!lane.response.Next().ok()) lane.socket.Close();
    } else if (!*open) {
      Break(lane, now);
    }
  }

  void Settle(Lane& lane, absl::Time now) {
    const int status = lane.response.status();
    if (status == kTooMany || status == kUnavailable) {
      const absl::Duration asked = absl::Seconds(lane.response.retry_after_seconds());
      return Again(lane, now, std::max(asked, lane.backoff.Next()));
    }
    const int64_t before = tally_.verdicts();
    Count(lane);
    const int64_t verdicts = tally_.verdicts() - before;
    tally_.failed += lane.batch->count - verdicts;
    if (verdicts > 0) {
      tally_.latency.Record(absl::ToInt64Microseconds(now - lane.intended), verdicts);
      progress_.fetch_add(verdicts, std::memory_order_relaxed);
    }
    lane.batch.reset();
  }

  void Count(const Lane& lane) {
    const std::string& body = lane.response.body();
    if (options_.mode == Mode::kBatch) {
      if (lane.response.status() == kOk) CountSummary(body);
      return;
    }
    // The status codes are the contract's; only 409 and 400 stand for more than one thing.
    switch (lane.response.status()) {
      case kCreated:
        ++tally_.created;
        break;
      case kOk:
        ++tally_.replayed;
        break;
      case kConflict:
        ++(absl::StrContains(body, "SEQUENCE_REUSED") ? tally_.sequence_reused : tally_.conflicts);
        break;
      case kUnprocessable:
        ++tally_.rejected;
        break;
      case kBadRequest:
        if (absl::StrContains(body, "REJECTED")) ++tally_.rejected;
        break;
      default:
        break;
    }
  }

  void CountSummary(const std::string& body) {
    const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    const auto summary = answer.is_object() ? answer.find("summary") : answer.end();
    if (!answer.is_object() || summary == answer.end() || !summary->is_object()) return;
    const auto add = [&summary](const char* name, int64_t& to) {
      const auto found = summary->find(name);
      if (found != summary->end() && found->is_number_integer()) to += found->get<int64_t>();
      // 64-bit numbers are texts in protobuf's JSON.
      if (found != summary->end() && found->is_string())
        to += std::strtoll(found->get<std::string>().c_str(), nullptr, 10);
    };
    add("created", tally_.created);
    add("replayed", tally_.replayed);
    add("conflicts", tally_.conflicts);
    add("sequenceReused", tally_.sequence_reused);
    add("rejected", tally_.rejected);
  }

  const LoadOptions& options_;
  const OrderMaker& maker_;
  const std::string address_;
  std::atomic<int64_t>& progress_;
  const absl::Time start_;
  Schedule schedule_;
  std::string path_;
  // The request up to Content-Length.
  std::string head_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  // The batch whose time has not come, or for which no lane is free.
  std::optional<Schedule::Batch> next_;
  bool ended_ = false;
  Tally tally_;
  // Reused from order to order.
  feed::v1::OrderInput input_;
  std::string body_;
  std::string received_;
  std::vector<pollfd> polls_;
  std::vector<Lane*> polled_;
};

}  // namespace

LoadResult RunRestLoad(const LoadOptions& options, const OrderMaker& maker, const client::Connection& target,
                       std::atomic<int64_t>& progress) {
  return RestLoad(options, maker, target, progress).Run();
}

}  // namespace ordermesh::bench

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "services/common/base/errors.h"
#include "tools/bench/peers/peer.h"

namespace ordermesh::bench {
namespace {

// Three values an order: external id, sequence number, body. Answers one character an order: 1 new, 0 known by its
// external id, 2 by its number.
constexpr char kScript[] = R"(
local answers = {}
for i = 1, #ARGV, 3 do
  local answer = '1'
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) == 0 then
    answer = '0'
  elseif redis.call('HSETNX', KEYS[2], ARGV[i + 1], ARGV[i]) == 0 then
    redis.call('HDEL', KEYS[1], ARGV[i])
    answer = '2'
  else
    redis.call('XADD', KEYS[3], '*', 'o', ARGV[i + 2])
  end
  answers[#answers + 1] = answer
end
return table.concat(answers)
)";
constexpr size_t kValuesPerOrder = 3;
constexpr std::string_view kKeys[] = {"ids:partner-a", "sequences:partner-a", "orders:partner-a"};
constexpr timeval kTimeout = {60, 0};

// One call of one script a batch: it runs alone, so both identities and the row change together.
class RedisPeer final : public Peer {
 public:
  explicit RedisPeer(redisContext* context) : context_(context, &redisFree) {}

  absl::Status Prepare() override { return Load(); }

  absl::StatusOr<int64_t> Submit(absl::Span<const PeerOrder> orders) override {
    if (sha_.empty()) OM_RETURN_IF_ERROR(Load());
    sequences_.resize(orders.size());
    words_.clear();
    words_.insert(words_.end(), {"EVALSHA", sha_, "3"});
    words_.insert(words_.end(), std::begin(kKeys), std::end(kKeys));
    for (size_t i = 0; i < orders.size(); ++i) {
      sequences_[i] = absl::StrCat(orders[i].sequence);
      words_.insert(words_.end(), {orders[i].external_id, sequences_[i], orders[i].body});
    }
    OM_ASSIGN_OR_RETURN(const std::string answers, Call());
    if (answers.size() != orders.size()) return absl::InternalError("an answer is missing");
    return std::count(answers.begin(), answers.end(), '1');
  }

 private:
  absl::Status Load() {
    words_ = {"SCRIPT", "LOAD", kScript};
    OM_ASSIGN_OR_RETURN(sha_, Call());
    return absl::OkStatus();
  }

  // Sends words_ and gives the text that comes back.
  absl::StatusOr<std::string> Call() {
    pointers_.clear();
    sizes_.clear();
    for (const std::string_view word : words_) {
      pointers_.push_back(word.data());
      sizes_.push_back(word.size());
    }
    auto* answer = static_cast<redisReply*>(
        redisCommandArgv(context_.get(), static_cast<int>(words_.size()), pointers_.data(), sizes_.data()));
    if (answer == nullptr) return absl::UnavailableError(context_->errstr);
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owner(answer, &freeReplyObject);
    std::string text(answer->str == nullptr ? "" : std::string(answer->str, static_cast<size_t>(answer->len)));
    if (answer->type == REDIS_REPLY_ERROR) return absl::InternalError(text);
    return text;
  }

  const std::unique_ptr<redisContext, decltype(&redisFree)> context_;
  std::string sha_;
  std::vector<std::string_view> words_;
  std::vector<std::string> sequences_;
  std::vector<const char*> pointers_;
  std::vector<size_t> sizes_;
};

}  // namespace

ConnectPeer RedisConnector(const std::string& address) {
  return [address](int) -> absl::StatusOr<std::unique_ptr<Peer>> {
    redisContext* context = redisConnectUnixWithTimeout(address.c_str(), kTimeout);
    if (context == nullptr) return absl::UnavailableError("no memory for a connection");
    auto peer = std::make_unique<RedisPeer>(context);
    if (context->err != 0) return absl::UnavailableError(context->errstr);
    redisSetTimeout(context, kTimeout);
    return peer;
  };
}

}  // namespace ordermesh::bench

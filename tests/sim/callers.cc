#include "tests/sim/callers.h"

namespace ordermesh::sim {
namespace {

// Of 1,000 answers so many are lost on the way to the caller.
constexpr int kAnswersLost = 10;
// Repetitions are mostly of what was sent lately: then they meet the first delivery on its way.
constexpr uint64_t kLately = 30;

}  // namespace

void Callers::PlanBatch() {
  context_.scheduler.After(context_.rng.Between(1'000, 250'000), [this] {
    for (int64_t left = context_.rng.Between(1, 12); left > 0 && !sent_all(); --left) Begin(NextSpec());
    if (!sent_all()) PlanBatch();
  });
}

Spec Callers::NextSpec() {
  const auto& ops = model_.ops();
  if (ops.empty() || !context_.rng.Chance(settings_.repeated)) return NewSpec();
  const uint64_t among = context_.rng.Chance(700) && ops.size() > kLately ? kLately : ops.size();
  const Spec spec = ops[ops.size() - 1 - context_.rng.Below(among)].spec;
  return spec.form != Form::kPoison && context_.rng.Chance(500) ? spec : Altered(spec);
}

Spec Callers::NewSpec() {
  Spec spec;
  spec.partner = static_cast<uint8_t>(context_.rng.Below(2));
  spec.key = next_key_[spec.partner]++;
  const uint64_t form = context_.rng.Below(100);
  spec.form = form < 45 ? Form::kTyped : Form::kRaw;
  if (form >= 90) spec.form = form < 96 ? Form::kInvalid : Form::kUnreadable;
  const bool late_enough = static_cast<int>(model_.ops().size()) > settings_.ops / 4;
  if (settings_.poison && late_enough && !poisoned_) {
    poisoned_ = true;
    spec.form = Form::kPoison;
  }
  return spec;
}

Spec Callers::Altered(Spec spec) {
  // Neither a second poison, nor the first one again.
  if (spec.form == Form::kPoison) spec.form = Form::kRaw;
  switch (context_.rng.Below(5)) {
    case 0:
      spec.form = Form::kTyped;
      break;
    case 1:
      spec.form = spec.form == Form::kRaw ? Form::kRawOtherText : Form::kRaw;
      break;
    case 2:
      spec.content = Content::kOtherQuantity;
      break;
    case 3:
      spec.content = Content::kOtherCustomer;
      break;
    default:
      spec.content = spec.numbered() && spec.key > 0 ? Content::kReusesNumber : Content::kFirst;
  }
  return spec;
}

void Callers::AskAgain(int count) {
  const size_t ops = model_.ops().size();
  for (int i = 0; i < count; ++i) {
    const Spec spec = model_.ops()[context_.rng.Below(ops)].spec;
    if (spec.form == Form::kPoison) continue;
    Begin(context_.rng.Chance(700) ? spec : Altered(spec));
  }
}

void Callers::Begin(const Spec& spec) {
  const size_t op = model_.Invoke(spec, feed_.breaks());
  context_.Note("op ", op, " ", spec.ToString());
  Send(op);
}

void Callers::Send(size_t op) {
  const Spec spec = model_.ops()[op].spec;
  const Uuid ingest_id = feed_.Take(kPartners[spec.partner], orders_.Inbound(spec),
                                    [this, op](const common::v1::OrderResult* result) { OnResult(op, result); });
  model_.Sent(op, ingest_id);
}

void Callers::OnResult(size_t op, const common::v1::OrderResult* result) {
  // A bug may answer twice; the feed lets only the first pass.
  if (result != nullptr && result->has_verdict() && !context_.rng.Chance(kAnswersLost)) {
    return model_.Verdict(op, result->verdict(), feed_.breaks());
  }
  model_.Unknown(op);
  context_.Note("op ", op, " unknown");
  context_.scheduler.After(context_.rng.Between(50'000, 800'000), [this, op] { Send(op); });
}

}  // namespace ordermesh::sim

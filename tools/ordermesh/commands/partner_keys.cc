#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "tools/ordermesh/client/profiles.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/format.h"
#include "tools/ordermesh/output/partner_text.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using partners::v1::PartnersService;

struct KeyFlags {
  std::string partner;
  std::string key_id;
  std::string label;
  std::string expires;
  std::string out;
};

absl::StatusOr<partners::v1::ListApiKeysResponse> List(const Environment& environment,
                                                       PartnersService::StubInterface& stub,
                                                       const std::string& partner) {
  partners::v1::ListApiKeysRequest request;
  request.set_partner_id(partner);
  partners::v1::ListApiKeysResponse response;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub.ListApiKeys(&context, request, &response); }));
  return response;
}

absl::StatusOr<ExitCode> RunCreateKey(const Environment& environment, const KeyFlags& flags) {
  partners::v1::CreateApiKeyRequest request;
  request.set_partner_id(flags.partner);
  request.set_label(flags.label);
  if (!flags.expires.empty() && !ParseExpiry(flags.expires, absl::Now(), *request.mutable_expire_time())) {
    return absl::InvalidArgumentError(
        absl::StrCat("--expires: ", flags.expires, " is no time: write 90d, 12h or 2027-01-15"));
  }
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  // Waits for a part that is away, and finds an unknown partner: a key may not be made twice.
  OM_RETURN_IF_ERROR(List(environment, *stub, flags.partner).status());
  partners::v1::CreateApiKeyResponse response;
  const absl::Status status =
      environment.CallOnce([&](auto& context) { return stub->CreateApiKey(&context, request, &response); });
  if (client::IsRetryable(status)) {
    return absl::Status(status.code(), absl::StrCat(status.message(),
                                                    ". Whether a key was made is unknown: look at `ordermesh partners "
                                                    "keys list ",
                                                    flags.partner, "`"));
  }
  OM_RETURN_IF_ERROR(status);
  if (!flags.out.empty()) {
    OM_RETURN_IF_ERROR(client::WritePrivateFile(flags.out, response.key() + "\n"));
    response.clear_key();
  }
  if (environment.json()) {
    environment.out << ToJson(response) << "\n";
    return kDone;
  }
  environment.out << KeySheet(response.api_key());
  if (!flags.out.empty()) {
    environment.out << "\nThe key is in " << flags.out << ".\n";
  } else {
    environment.out << "\n" << response.key() << "\n\nThis is the only time that the key is shown.\n";
  }
  return kDone;
}

absl::StatusOr<ExitCode> RunListKeys(const Environment& environment, const KeyFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  OM_ASSIGN_OR_RETURN(const auto keys, List(environment, *stub, flags.partner));
  environment.out << (environment.json() ? ToJson(keys) + "\n" : KeyTable(keys, absl::Now()));
  return kDone;
}

absl::StatusOr<ExitCode> RunRevoke(const Environment& environment, const KeyFlags& flags) {
  partners::v1::RevokeApiKeyRequest request;
  request.set_partner_id(flags.partner);
  request.set_key_id(flags.key_id);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  partners::v1::ApiKey key;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->RevokeApiKey(&context, request, &key); }));
  environment.out << (environment.json() ? ToJson(key) + "\n" : KeySheet(key));
  return kDone;
}

}  // namespace

void AddPartnerKeys(CLI::App& partners, Environment& environment) {
  auto flags = std::make_shared<KeyFlags>();
  CLI::App* keys = partners.add_subcommand("keys", "A partner's API keys");
  keys->require_subcommand(1);

  CLI::App* create = keys->add_subcommand("create", "Make an API key and show it, this once");
  create->add_option("partner", flags->partner, "The partner's id")->required();
  create->add_option("--label", flags->label, "What it is for");
  create->add_option("--expires", flags->expires, "When it ends: 90d, 12h or a date (default: never)");
  create->add_option("--out", flags->out, "Write the key to this file, for its owner only, instead of showing it");
  create->footer(
      "Two keys of a partner can be live at once: make the second, change over, revoke the first.\n\n"
      "Examples:\n  ordermesh partners keys create shop --label production --expires 90d --out shop.key\n"
      "  ordermesh partners keys create shop -o json | jq -r .key\n");
  SetCommand(*create, environment, [&environment, flags] { return RunCreateKey(environment, *flags); });

  CLI::App* list = keys->add_subcommand("list", "List a partner's keys, newest first; no key itself is kept");
  list->add_option("partner", flags->partner, "The partner's id")->required();
  list->footer("Examples:\n  ordermesh partners keys list shop\n");
  SetCommand(*list, environment, [&environment, flags] { return RunListKeys(environment, *flags); });

  CLI::App* revoke = keys->add_subcommand("revoke", "End a key: it is refused within 5 seconds everywhere");
  revoke->add_option("partner", flags->partner, "The partner's id")->required();
  revoke->add_option("key_id", flags->key_id, "The key's id, as `keys list` shows it")->required();
  revoke->footer("Examples:\n  ordermesh partners keys revoke shop KEY_ID\n");
  SetCommand(*revoke, environment, [&environment, flags] { return RunRevoke(environment, *flags); });
}

}  // namespace ordermesh::cli

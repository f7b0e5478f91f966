#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ordermesh/partners/v1/partners_service.grpc.pb.h"
#include "services/common/base/page_token.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/commands/record_commands.h"
#include "tools/ordermesh/input/config_folder.h"
#include "tools/ordermesh/input/partner_file.h"
#include "tools/ordermesh/output/partner_text.h"
#include "tools/ordermesh/output/proto_json.h"

namespace ordermesh::cli {
namespace {

using partners::v1::Partner;
using partners::v1::PartnersService;
using partners::v1::RateLimit;

constexpr size_t kMaxPartnerFileBytes = 64 << 10;

// What one of the limits is changed to; what is not given stays.
struct LimitFlags {
  std::optional<int64_t> rate;
  std::optional<int64_t> burst;

  bool given() const { return rate.has_value() || burst.has_value(); }
};

struct PartnerFlags {
  ListFlags list;
  std::string partner;
  std::string file;
  std::string config;
  std::string message;
  std::string etag;
  std::optional<std::string> name;
  std::optional<int> error_ttl_days;
  std::vector<std::string> webhook_urls;
  LimitFlags orders;
  LimitFlags queries;
  bool dry_run = false;
};

void Show(const Environment& environment, const Partner& partner) {
  environment.out << (environment.json() ? ToJson(partner) + "\n" : PartnerSheet(partner));
}

absl::StatusOr<PartnerSettings> ReadSettings(const std::string& file) {
  OM_ASSIGN_OR_RETURN(const std::string text, ReadWhole(file, kMaxPartnerFileBytes));
  return ParsePartnerSettings(file, text);
}

struct PartnerApi {
  using Service = PartnersService;
  using ListRequest = partners::v1::ListPartnersRequest;
  using ListResponse = partners::v1::ListPartnersResponse;
  static constexpr char kListMember[] = "partners";

  static grpc::Status List(Service::StubInterface& stub, grpc::ClientContext& context, const ListRequest& request,
                           ListResponse& response) {
    return stub.ListPartners(&context, request, &response);
  }
  static const auto& Records(const ListResponse& response) { return response.partners(); }
  static Table NewTable() { return PartnerTable(); }
  static void AddRow(const Partner& partner, Table& table) { AddPartner(partner, table); }
};

absl::StatusOr<Partner> Get(const Environment& environment, PartnersService::StubInterface& stub,
                            const std::string& id) {
  partners::v1::GetPartnerRequest request;
  request.set_partner_id(id);
  Partner partner;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub.GetPartner(&context, request, &partner); }));
  return partner;
}

absl::StatusOr<ExitCode> RunGetPartner(const Environment& environment, const PartnerFlags& flags) {
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  OM_ASSIGN_OR_RETURN(const Partner partner, Get(environment, *stub, flags.partner));
  Show(environment, partner);
  return kDone;
}

absl::StatusOr<ExitCode> RunCreate(const Environment& environment, const PartnerFlags& flags) {
  partners::v1::CreatePartnerRequest request;
  OM_ASSIGN_OR_RETURN(PartnerSettings settings, ReadSettings(flags.file));
  *request.mutable_partner() = std::move(settings.partner);
  request.set_message(flags.message);
  request.set_validate_only(flags.dry_run);
  if (!flags.config.empty()) {
    OM_RETURN_IF_ERROR(ReadConfigFolder(flags.config, *request.mutable_files()));
    if (request.partner().partner_id().empty()) {
      request.mutable_partner()->set_partner_id(PartnerOfFolder(flags.config));
    }
  }
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  Partner partner;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->CreatePartner(&context, request, &partner); }));
  Show(environment, partner);
  return kDone;
}

void ChangeLimit(const LimitFlags& flags, const char* field, RateLimit& limit, google::protobuf::FieldMask& mask) {
  if (!flags.given()) return;
  if (flags.rate.has_value()) {
    limit.set_amount(*flags.rate);
    // --order_rate is per second, whatever the period was.
    limit.clear_period();
  }
  if (flags.burst.has_value()) limit.set_burst(*flags.burst);
  mask.add_paths(field);
}

// What the flags change in the partner as it is now.
void Change(const PartnerFlags& flags, Partner& partner, google::protobuf::FieldMask& mask) {
  if (flags.name.has_value()) {
    partner.set_name(*flags.name);
    mask.add_paths("name");
  }
  if (flags.error_ttl_days.has_value()) {
    partner.set_error_ttl_days(*flags.error_ttl_days);
    mask.add_paths("error_ttl_days");
  }
  if (!flags.webhook_urls.empty()) {
    partner.clear_webhook_urls();
    for (const std::string& url : flags.webhook_urls) {
      // One empty address stands for none.
      if (!url.empty()) partner.add_webhook_urls(url);
    }
    mask.add_paths("webhook_urls");
  }
  ChangeLimit(flags.orders, "order_limit", *partner.mutable_order_limit(), mask);
  ChangeLimit(flags.queries, "query_limit", *partner.mutable_query_limit(), mask);
}

absl::StatusOr<ExitCode> RunUpdate(const Environment& environment, const PartnerFlags& flags) {
  partners::v1::UpdatePartnerRequest request;
  request.set_validate_only(flags.dry_run);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  if (!flags.file.empty()) {
    OM_ASSIGN_OR_RETURN(PartnerSettings settings, ReadSettings(flags.file));
    *request.mutable_partner() = std::move(settings.partner);
    *request.mutable_update_mask() = std::move(settings.named);
    if (!request.partner().partner_id().empty() && request.partner().partner_id() != flags.partner) {
      return absl::InvalidArgumentError(
          absl::StrCat(flags.file, " is of the partner ", request.partner().partner_id()));
    }
    request.mutable_partner()->set_partner_id(flags.partner);
  } else {
    // A limit is changed as a whole: what is not given is taken from the partner as it is, whose etag keeps others'
    // changes.
    OM_ASSIGN_OR_RETURN(*request.mutable_partner(), Get(environment, *stub, flags.partner));
    Change(flags, *request.mutable_partner(), *request.mutable_update_mask());
  }
  if (request.update_mask().paths().empty()) {
    return absl::InvalidArgumentError("nothing to change: give -f FILE, or a flag such as --order_rate");
  }
  if (!flags.etag.empty()) request.mutable_partner()->set_etag(flags.etag);
  Partner partner;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return stub->UpdatePartner(&context, request, &partner); }));
  Show(environment, partner);
  return kDone;
}

template <typename Request>
absl::StatusOr<ExitCode> RunVerb(const Environment& environment, const PartnerFlags& flags,
                                 grpc::Status (PartnersService::StubInterface::*verb)(grpc::ClientContext*,
                                                                                      const Request&, Partner*)) {
  Request request;
  request.set_partner_id(flags.partner);
  OM_ASSIGN_OR_RETURN(const auto stub, environment.NewStub<PartnersService>());
  Partner partner;
  OM_RETURN_IF_ERROR(environment.Call([&](auto& context) { return (*stub.*verb)(&context, request, &partner); }));
  Show(environment, partner);
  return kDone;
}

void AddReads(CLI::App& partners, Environment& environment, const std::shared_ptr<PartnerFlags>& flags) {
  CLI::App* list = partners.add_subcommand("list", "List the partners by id");
  AddListFlags(*list, flags->list);
  list->footer(
      "Examples:\n  ordermesh partners list\n  ordermesh partners list --all -o json | jq '.partners[].name'\n");
  SetCommand(*list, environment, [&environment, flags] { return RunList<PartnerApi>(environment, flags->list, {}); });

  CLI::App* get = partners.add_subcommand("get", "Show one partner");
  get->add_option("partner", flags->partner, "The partner's id")->required();
  get->footer("Examples:\n  ordermesh partners get partner-a\n  ordermesh partners get partner-a -o json\n");
  SetCommand(*get, environment, [&environment, flags] { return RunGetPartner(environment, *flags); });
}

void AddCreate(CLI::App& partners, Environment& environment, const std::shared_ptr<PartnerFlags>& flags) {
  CLI::App* create = partners.add_subcommand("create", "Create a partner");
  create->add_option("-f,--file", flags->file, "The partner's settings, YAML; - is standard input")->required();
  create->add_option("--config", flags->config, "The folder with its mapping and examples: its first config");
  create->add_option("-m,--message", flags->message, "Why, for the history of the config");
  create->add_flag("--dry_run,--dry-run", flags->dry_run, "Check everything and keep nothing");
  create->footer(
      "The file holds partnerId, name, orderLimit and queryLimit ({amount, burst, period}), webhookUrls and "
      "errorTtlDays;\n"
      "what is left out has its default. Without --config its orders are refused until `partners config push`.\n\n"
      "Examples:\n  ordermesh partners create -f partner.yaml --config config/partners/shop\n"
      "  echo '{partnerId: shop, name: A shop}' | ordermesh partners create -f - --dry_run\n");
  SetCommand(*create, environment, [&environment, flags] { return RunCreate(environment, *flags); });
}

void AddUpdate(CLI::App& partners, Environment& environment, const std::shared_ptr<PartnerFlags>& flags) {
  CLI::App* update = partners.add_subcommand("update", "Change a partner's settings");
  update->add_option("partner", flags->partner, "The partner's id")->required();
  CLI::Option* file =
      update->add_option("-f,--file", flags->file, "The settings to change, YAML; those it does not name stay");
  const auto add = [&](const char* name, auto& to, const char* help) {
    return update->add_option(name, to, help)->excludes(file);
  };
  add("--name", flags->name, "Its name, for people");
  add("--order_rate,--order-rate", flags->orders.rate, "Orders a second")->check(CLI::PositiveNumber);
  add("--order_burst,--order-burst", flags->orders.burst, "Orders at once")->check(CLI::PositiveNumber);
  add("--query_rate,--query-rate", flags->queries.rate, "Reads a second, for each key")->check(CLI::PositiveNumber);
  add("--query_burst,--query-burst", flags->queries.burst, "Reads at once")->check(CLI::PositiveNumber);
  add("--webhook_url,--webhook-url", flags->webhook_urls, "Where events go: given once for each; '' for none")
      ->allow_extra_args(false);
  add("--error_ttl_days,--error-ttl-days", flags->error_ttl_days, "Days that an error is kept");
  update->add_option("--etag", flags->etag, "Only where the partner has not changed since this etag");
  update->add_flag("--dry_run,--dry-run", flags->dry_run, "Check everything and keep nothing");
  update->footer(
      "Examples:\n  ordermesh partners update shop --order_rate 10000 --order_burst 5000\n"
      "  ordermesh partners get shop -o json > shop.json; $EDITOR shop.json; ordermesh partners update shop -f "
      "shop.json\n");
  SetCommand(*update, environment, [&environment, flags] { return RunUpdate(environment, *flags); });
}

void AddVerbs(CLI::App& partners, Environment& environment, const std::shared_ptr<PartnerFlags>& flags) {
  CLI::App* suspend = partners.add_subcommand("suspend", "Refuse a partner's credentials and orders from now on");
  suspend->add_option("partner", flags->partner, "The partner's id")->required();
  suspend->footer("Nothing that is stored is lost.\n\nExamples:\n  ordermesh partners suspend shop\n");
  SetCommand(*suspend, environment, [&environment, flags] {
    return RunVerb(environment, *flags, &PartnersService::StubInterface::SuspendPartner);
  });
  CLI::App* activate = partners.add_subcommand("activate", "Take a partner's orders again");
  activate->add_option("partner", flags->partner, "The partner's id")->required();
  activate->footer("Examples:\n  ordermesh partners activate shop\n");
  SetCommand(*activate, environment, [&environment, flags] {
    return RunVerb(environment, *flags, &PartnersService::StubInterface::ActivatePartner);
  });
}

}  // namespace

void AddPartners(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<PartnerFlags>();
  CLI::App* partners = app.add_subcommand("partners", "Manage partners, their limits, configs and keys");
  partners->require_subcommand(1);
  AddReads(*partners, environment, flags);
  AddCreate(*partners, environment, flags);
  AddUpdate(*partners, environment, flags);
  AddVerbs(*partners, environment, flags);
  AddPartnerConfigs(*partners, environment);
  AddPartnerKeys(*partners, environment);
}

}  // namespace ordermesh::cli

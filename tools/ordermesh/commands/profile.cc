#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/ordermesh/client/profiles.h"
#include "tools/ordermesh/commands/environment.h"
#include "tools/ordermesh/output/table.h"

namespace ordermesh::cli {
namespace {

using client::Profile;
using client::Profiles;

struct ProfileFlags {
  std::string name;
  bool operates = false;
};

const char* RoleOf(const Profile& profile) {
  if (!profile.api_key.empty()) return "partner";
  return profile.token.empty() ? "nobody" : "operator";
}

nlohmann::ordered_json AsJson(const std::string& name, const Profile& profile, bool current) {
  return {{"name", name},
          {"address", profile.address},
          {"as", RoleOf(profile)},
          {"apiKey", client::MaskSecret(profile.api_key)},
          {"token", client::MaskSecret(profile.token)},
          {"tls", profile.tls},
          {"tlsCa", profile.tls_ca},
          {"current", current}};
}

absl::StatusOr<Profiles> Load(const Environment& environment) {
  if (environment.connection.profiles_file.empty()) {
    return absl::InvalidArgumentError("no place for profiles: set HOME or XDG_CONFIG_HOME");
  }
  return client::LoadProfiles(environment.connection.profiles_file);
}

absl::StatusOr<Profile> Find(const Profiles& profiles, const std::string& name) {
  const auto found = profiles.by_name.find(name);
  if (found == profiles.by_name.end()) return absl::NotFoundError(absl::StrCat("there is no profile ", name));
  return found->second;
}

// The flags of the connection are the values of the profile.
absl::StatusOr<ExitCode> RunSet(const Environment& environment, const ProfileFlags& flags) {
  const client::ConnectionFlags& given = environment.connection;
  OM_ASSIGN_OR_RETURN(Profiles profiles, Load(environment));
  if (!client::IsProfileName(flags.name)) {
    return absl::InvalidArgumentError(
        "a profile's name has 1 to 64 letters, digits, dots, dashes and underlines, and is not local");
  }
  // Only what was named: a key in the environment is there for other commands.
  const std::string api_key = given.api_key_file.empty() ? "" : given.api_key;
  const std::string token = given.token_file.empty() ? "" : given.token;
  if (flags.operates && !api_key.empty()) {
    return absl::InvalidArgumentError("--operator speaks with a token: give --token_file, not an API key");
  }
  if (!flags.operates && !token.empty()) {
    return absl::InvalidArgumentError("a token speaks as operator: give --operator with it");
  }
  Profile& profile = profiles.by_name[flags.name];
  if (!given.address.empty()) profile.address = given.address;
  if (profile.address.empty()) {
    profiles.by_name.erase(flags.name);
    return absl::InvalidArgumentError("a new profile needs --address HOST:PORT");
  }
  if (!api_key.empty() || !token.empty()) {
    profile.api_key = api_key;
    profile.token = token;
  }
  if (given.tls || !given.tls_ca.empty()) profile.tls = true;
  if (!given.tls_ca.empty()) profile.tls_ca = std::filesystem::absolute(given.tls_ca).string();
  const bool current = profiles.current == flags.name;
  OM_RETURN_IF_ERROR(client::SaveProfiles(given.profiles_file, profiles));
  if (environment.json()) {
    environment.out << AsJson(flags.name, profiles.by_name[flags.name], current).dump() << "\n";
  } else {
    environment.out << "profile " << flags.name << " is set; `ordermesh profile use " << flags.name
                    << "` makes it the one that is used\n";
  }
  return kDone;
}

absl::StatusOr<ExitCode> RunListProfiles(const Environment& environment) {
  OM_ASSIGN_OR_RETURN(const Profiles profiles, Load(environment));
  auto all = nlohmann::ordered_json::array();
  Table table({{"NAME"}, {"CURRENT"}, {"ADDRESS"}, {"AS"}, {"TLS"}});
  const std::string current = profiles.current.empty() ? client::kLocalProfile : profiles.current;
  const auto mark = [&current](const std::string& name) { return name == current ? "yes" : ""; };
  table.AddRow({client::kLocalProfile, mark(client::kLocalProfile), "the mesh of tools/up", "operator", ""});
  for (const auto& [name, profile] : profiles.by_name) {
    all.push_back(AsJson(name, profile, name == current));
    table.AddRow({name, mark(name), profile.address, RoleOf(profile), profile.tls ? "yes" : "no"});
  }
  const nlohmann::ordered_json document = {{"current", current}, {"profiles", all}};
  environment.out << (environment.json() ? document.dump() + "\n" : table.ToString());
  return kDone;
}

absl::StatusOr<ExitCode> RunShowProfile(const Environment& environment, const ProfileFlags& flags) {
  OM_ASSIGN_OR_RETURN(const Profiles profiles, Load(environment));
  OM_ASSIGN_OR_RETURN(const Profile profile, Find(profiles, flags.name));
  if (environment.json()) {
    environment.out << AsJson(flags.name, profile, profiles.current == flags.name).dump() << "\n";
    return kDone;
  }
  environment.out << Sheet({{"name", flags.name},
                            {"address", profile.address},
                            {"as", RoleOf(profile)},
                            {"API key", client::MaskSecret(profile.api_key)},
                            {"token", client::MaskSecret(profile.token)},
                            {"TLS", profile.tls ? "yes" : "no"},
                            {"authorities", profile.tls_ca}});
  return kDone;
}

absl::StatusOr<ExitCode> RunUse(const Environment& environment, const ProfileFlags& flags) {
  OM_ASSIGN_OR_RETURN(Profiles profiles, Load(environment));
  const bool local = flags.name == client::kLocalProfile;
  if (!local) OM_RETURN_IF_ERROR(Find(profiles, flags.name).status());
  profiles.current = local ? "" : flags.name;
  OM_RETURN_IF_ERROR(client::SaveProfiles(environment.connection.profiles_file, profiles));
  environment.out << (environment.json() ? nlohmann::ordered_json{{"current", flags.name}}.dump()
                                         : "commands speak to " + flags.name + " from now on")
                  << "\n";
  return kDone;
}

absl::StatusOr<ExitCode> RunDelete(const Environment& environment, const ProfileFlags& flags) {
  OM_ASSIGN_OR_RETURN(Profiles profiles, Load(environment));
  OM_RETURN_IF_ERROR(Find(profiles, flags.name).status());
  profiles.by_name.erase(flags.name);
  if (profiles.current == flags.name) profiles.current.clear();
  OM_RETURN_IF_ERROR(client::SaveProfiles(environment.connection.profiles_file, profiles));
  environment.out << (environment.json() ? nlohmann::ordered_json{{"deleted", flags.name}}.dump()
                                         : "profile " + flags.name + " is gone")
                  << "\n";
  return kDone;
}

using RunNamed = absl::StatusOr<ExitCode> (*)(const Environment&, const ProfileFlags&);

void AddNamed(CLI::App& profile, Environment& environment, const std::shared_ptr<ProfileFlags>& flags, const char* verb,
              const char* help, RunNamed run) {
  CLI::App* command = profile.add_subcommand(verb, help);
  command->add_option("name", flags->name, "The profile's name")->required();
  command->footer(absl::StrCat("Examples:\n  ordermesh profile ", verb, " shop\n"));
  SetCommand(*command, environment, [&environment, flags, run] { return run(environment, *flags); });
}

}  // namespace

void AddProfile(CLI::App& app, Environment& environment) {
  auto flags = std::make_shared<ProfileFlags>();
  CLI::App* profile = app.add_subcommand("profile", "Named meshes: address, key or token, TLS");
  profile->require_subcommand(1);

  CLI::App* set = profile->add_subcommand("set", "Make a profile, or change what is given of one");
  set->add_option("name", flags->name, "The profile's name")->required();
  set->add_flag("--operator", flags->operates, "Speak as operator, with the token of --token_file");
  set->footer(
      "Takes --address, --api_key_file or --token_file, --tls and --tls_ca. The key or token is copied into the "
      "profile,\n"
      "a file that only you can read. An operator's --address is the edge's port for operators.\n\n"
      "Examples:\n  ordermesh profile set shop --address orders.example.com:443 --api_key_file shop.key --tls\n"
      "  ordermesh profile set ops --address 10.0.0.7:8095 --operator --token_file token --tls_ca ca.pem\n");
  SetCommand(*set, environment, [&environment, flags] { return RunSet(environment, *flags); });

  CLI::App* list = profile->add_subcommand("list", "List the profiles");
  list->footer("Examples:\n  ordermesh profile list\n");
  SetCommand(*list, environment, [&environment] { return RunListProfiles(environment); });

  AddNamed(*profile, environment, flags, "show", "Show one profile; keys and tokens are masked", RunShowProfile);
  AddNamed(*profile, environment, flags, "use", "Use a profile where none is named; local is the mesh of tools/up",
           RunUse);
  AddNamed(*profile, environment, flags, "delete", "Forget a profile", RunDelete);
}

}  // namespace ordermesh::cli

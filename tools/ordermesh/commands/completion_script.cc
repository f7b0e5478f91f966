#include "tools/ordermesh/commands/completion_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace ordermesh::cli {
namespace {

// One command with everything that may follow it.
struct Node {
  // "/orders/list"; empty for the program itself.
  std::string path;
  const CLI::App* app = nullptr;
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  nodes.push_back({path, &app});
  for (const CLI::App* sub : app.get_subcommands({})) Collect(*sub, path + "/" + sub->get_name(), nodes);
}

std::vector<Node> NodesOf(const CLI::App& app) {
  std::vector<Node> nodes;
  Collect(app, "", nodes);
  return nodes;
}

// "-o" and "--output"; nothing for a positional.
std::vector<std::string> FlagsOf(const CLI::Option& option) {
  std::vector<std::string> flags;
  for (const std::string& name : option.get_snames()) flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flags.push_back("--" + name);
  return flags;
}

// The values that an option allows, as CLI11 shows them: "TEXT:{table,json}".
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{');
  const size_t close = type.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (size_t at = open + 1; at < close;) {
    const size_t end = std::min(type.find(',', at), close);
    choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

// Subcommands, own options and those of the program, which may stand behind any command.
std::string WordsAfter(const Node& node, const CLI::App& root) {
  std::vector<std::string> words;
  for (const CLI::App* sub : node.app->get_subcommands({})) words.push_back(sub->get_name());
  const auto add = [&words](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& flag : FlagsOf(*option)) {
        if (std::find(words.begin(), words.end(), flag) == words.end()) words.push_back(flag);
      }
    }
  };
  add(*node.app);
  add(root);
  return absl::StrJoin(words, " ");
}

// Values by flag: a flag means the same in every command that has it.
std::map<std::string, std::string> ChoicesByFlag(const std::vector<Node>& nodes) {
  std::map<std::string, std::string> choices;
  for (const Node& node : nodes) {
    for (const CLI::Option* option : node.app->get_options()) {
      const auto values = ChoicesOf(*option);
      for (const std::string& flag : FlagsOf(*option)) {
        if (!values.empty()) choices[flag] = absl::StrJoin(values, " ");
      }
    }
  }
  return choices;
}

std::string FishQuoted(const std::string& text) {
  return "'" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}) + "'";
}

// The condition under which a node's words are offered: every command of its path was given, and none below it.
std::string FishCondition(const Node& node) {
  std::string condition;
  for (std::string_view path = node.path; !path.empty();) {
    const size_t next = path.find('/', 1);
    const std::string name(path.substr(1, next == std::string_view::npos ? next : next - 1));
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + name);
    path = next == std::string_view::npos ? std::string_view() : path.substr(next);
  }
  std::string below;
  for (const CLI::App* sub : node.app->get_subcommands({})) below += " " + sub->get_name();
  if (!below.empty()) {
    condition += (condition.empty() ? "" : "; and ") + ("not __fish_seen_subcommand_from" + below);
  }
  return condition;
}

std::string FishOption(const Node& node, const CLI::Option& option) {
  std::string line = "complete -c ordermesh";
  if (!node.path.empty()) line += " -n " + FishQuoted(FishCondition(node));
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  const auto choices = ChoicesOf(option);
  if (!choices.empty()) {
    line += " -x -a " + FishQuoted(absl::StrJoin(choices, " "));
  } else if (option.get_expected_max() > 0) {
    line += " -r";
  }
  return line + " -d " + FishQuoted(option.get_description()) + "\n";
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  const std::vector<Node> nodes = NodesOf(app);
  std::string paths;
  std::string words;
  for (const Node& node : nodes) {
    if (!node.path.empty()) paths += (paths.empty() ? "" : "|") + node.path;
    words += fmt::format("    \"{}\") words=\"{}\" ;;\n", node.path, WordsAfter(node, app));
  }
  std::string values;
  for (const auto& [flag, choices] : ChoicesByFlag(nodes))
    values += fmt::format("    {}) words=\"{}\" ;;\n", flag, choices);
  return fmt::format(R"(# bash completion of ordermesh. Load it with: source <(ordermesh completion bash)
_ordermesh() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" path="" word words=""
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path/$word" in
    {}) path="$path/$word" ;;
    esac
  done
  case "$path" in
{}  esac
  case "$previous" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _ordermesh ordermesh
)",
                     paths, words, values);
}

std::string ZshCompletion(const CLI::App& app) {
  return "# zsh completion of ordermesh. Load it with: source <(ordermesh completion zsh)\n"
         "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
         BashCompletion(app);
}

std::string FishCompletion(const CLI::App& app) {
  std::string script = "# fish completion of ordermesh. Load it with: ordermesh completion fish | source\n";
  for (const Node& node : NodesOf(app)) {
    for (const CLI::App* sub : node.app->get_subcommands({})) {
      script += fmt::format("complete -c ordermesh -n {} -a {} -d {}\n", FishQuoted(FishCondition(node)),
                            sub->get_name(), FishQuoted(sub->get_description()));
    }
    for (const CLI::Option* option : node.app->get_options()) {
      if (!FlagsOf(*option).empty()) script += FishOption(node, *option);
    }
  }
  return script;
}

}  // namespace ordermesh::cli

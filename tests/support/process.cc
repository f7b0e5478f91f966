#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "services/common/base/errors.h"

extern char** environ;

namespace ordermesh::testing {
namespace {

// A file without a name: a pipe would have to be read while the program runs.
int AnonymousFile() {
  char path[] = "/tmp/ordermesh-test-XXXXXX";
  int file = mkostemp(path, O_CLOEXEC);
  OM_CHECK(file >= 0);
  unlink(path);
  return file;
}

std::string Drain(int file) {
  std::string content;
  char buffer[65536];
  lseek(file, 0, SEEK_SET);
  for (ssize_t n; (n = read(file, buffer, sizeof(buffer))) > 0;) content.append(buffer, static_cast<size_t>(n));
  close(file);
  return content;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) all.push_back(std::move(text));
  }
  for (const auto& [name, value] : changes) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int WaitFor(pid_t pid, absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) kill(pid, SIGKILL);
    absl::SleepFor(absl::Milliseconds(5));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProcessResult RunProcess(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment,
                         absl::Duration limit) {
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = Environment(environment);
  const int out = AnonymousFile();
  const int err = AnonymousFile();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, arguments[0].c_str(), &actions, nullptr, Pointers(arguments).data(),
                                  Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ProcessResult result;
  result.exit_code = failed != 0 ? 127 : WaitFor(pid, limit);
  result.out = Drain(out);
  result.err = Drain(err);
  return result;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  OM_CHECK(file.good());
}

}  // namespace ordermesh::testing

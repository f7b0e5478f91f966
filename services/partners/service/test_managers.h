// Managers for tests, with a store of their own and a validation that says what the test wants.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "services/partners/service/config_manager.h"
#include "services/partners/service/key_manager.h"
#include "services/partners/service/partner_manager.h"
#include "services/partners/store/test_store.h"

namespace ordermesh::partners {

// Says that every config is good, or what the test says. Thread-safe.
class FakeChecker final : public ConfigChecker {
 public:
  struct Call {
    std::string partner_id;
    ConfigFiles files, live_files;
  };

  absl::StatusOr<CheckedConfig> Check(const std::string& partner_id, const ConfigFiles& files,
                                      const ConfigFiles& live_files) override {
    std::function<void()> hook;
    {
      absl::MutexLock lock(&mutex_);
      calls_.push_back({partner_id, files, live_files});
      hook = hook_;
    }
    if (hook) hook();
    absl::MutexLock lock(&mutex_);
    return answer_;
  }

  void Answer(absl::StatusOr<CheckedConfig> answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  // Called in the midst of each check.
  void WhileChecking(std::function<void()> hook) {
    absl::MutexLock lock(&mutex_);
    hook_ = std::move(hook);
  }
  std::vector<Call> calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::StatusOr<CheckedConfig> answer_ ABSL_GUARDED_BY(mutex_) = CheckedConfig{.numbered = true, .rounding = "DOWN"};
  std::function<void()> hook_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
};

inline Pepper TestPepper() { return *Pepper::Parse(std::string(64, 'a')); }

inline Caller CallerWith(rpc::Identity::Role role, const std::string& partner_id = "") {
  rpc::Identity identity;
  identity.set_role(role);
  identity.set_partner_id(partner_id);
  identity.set_subject("someone");
  return {.identity = identity};
}

inline void AddFile(const std::string& path, const std::string& content, ConfigFiles* files) {
  auto* file = files->Add();
  file->set_path(path);
  file->set_content(content);
}

class ManagerTest : public ::testing::Test {
 protected:
  v1::Partner Create(const std::string& id) {
    v1::CreatePartnerRequest request;
    request.mutable_partner()->set_partner_id(id);
    const auto partner = partners_.Create(operator_, request);
    EXPECT_TRUE(partner.ok()) << partner.status();
    return *partner;
  }

  static v1::CreateConfigVersionRequest Config(const std::string& id, const std::string& mapping) {
    v1::CreateConfigVersionRequest request;
    request.set_partner_id(id);
    request.set_message("why");
    AddFile("mapping.yaml", mapping, request.mutable_files());
    return request;
  }

  v1::ConfigVersion MakeConfig(const std::string& id, const std::string& mapping) {
    const auto version = configs_.Create(operator_, Config(id, mapping));
    EXPECT_TRUE(version.ok()) << version.status();
    return *version;
  }

  TestStore store_{Engine::kMemory};
  FakeChecker checker_;
  const Pepper pepper_ = TestPepper();
  const Caller operator_ = CallerWith(rpc::Identity::OPERATOR);
  PartnerManager partners_{store_.store(), checker_};
  ConfigManager configs_{store_.store(), checker_};
  KeyManager keys_{store_.store(), pepper_};
};

}  // namespace ordermesh::partners

// What the thread sanitizer must know of Abseil, whose library in Debian is not instrumented: linked into the programs
// of `tools/dev sanitize tsan`, these stand before the library's own functions and tell it who was before whom.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

// Exported by the sanitizer's runtime, declared nowhere.
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);

namespace {

// The library's function of this mangled name.
template <typename Function>
Function* Next(const char* mangled) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, mangled));
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

#define OM_NEXT(function, mangled) static const auto next = Next<function>("_ZN4absl7debian3" mangled)
#define OM_NEXT_CONST(function, mangled) static const auto next = Next<function>("_ZNK4absl7debian3" mangled)

void Mutex::Lock() {
  OM_NEXT(void(Mutex*), "5Mutex4LockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  OM_NEXT(void(Mutex*), "5Mutex6UnlockEv");
  __tsan_release(this);
  next(this);
}

void Mutex::ReaderLock() {
  OM_NEXT(void(Mutex*), "5Mutex10ReaderLockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  OM_NEXT(void(Mutex*), "5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  next(this);
}

void Mutex::Await(const Condition& condition) {
  OM_NEXT(void(Mutex*, const Condition&), "5Mutex5AwaitERKNS0_9ConditionE");
  __tsan_release(this);
  next(this, condition);
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  OM_NEXT(bool(Mutex*, const Condition&, Duration), "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  __tsan_release(this);
  const bool result = next(this, condition, timeout);
  __tsan_acquire(this);
  return result;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  OM_NEXT(bool(Mutex*, const Condition&, Time), "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_release(this);
  const bool result = next(this, condition, deadline);
  __tsan_acquire(this);
  return result;
}

// Also evaluated by whoever unlocks, still under the lock but after Unlock above has told that it let go.
bool Condition::Eval() const {
  OM_NEXT_CONST(bool(const Condition*), "9Condition4EvalEv");
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  const bool result = next(this);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  return result;
}

void Notification::Notify() {
  OM_NEXT(void(Notification*), "12Notification6NotifyEv");
  __tsan_release(this);
  next(this);
}

void Notification::WaitForNotification() const {
  OM_NEXT_CONST(void(const Notification*), "12Notification19WaitForNotificationEv");
  next(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  OM_NEXT_CONST(bool(const Notification*, Duration), "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool result = next(this, timeout);
  __tsan_acquire(const_cast<Notification*>(this));
  return result;
}

bool BlockingCounter::DecrementCount() {
  OM_NEXT(bool(BlockingCounter*), "15BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return next(this);
}

void BlockingCounter::Wait() {
  OM_NEXT(void(BlockingCounter*), "15BlockingCounter4WaitEv");
  next(this);
  __tsan_acquire(this);
}

#undef OM_NEXT
#undef OM_NEXT_CONST

ABSL_NAMESPACE_END
}  // namespace absl

// What may be done to an error, and what it becomes. Pure: the writer reads the error, asks here, and writes both the
// error and the event.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordermesh/error/v1/error_event.pb.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {

using ErrorEvent = ordermesh::error::v1::ErrorEvent;

// Who does something.
struct Actor {
  // The subject of the credential; kMesh for what the mesh does by itself.
  std::string subject;
  ordermesh::common::v1::Identity::Role role = ordermesh::common::v1::Identity::ROLE_UNSPECIFIED;
  std::string request_id;
  // The job that does it.
  std::string job_id;
};
inline constexpr char kMesh[] = "ordermesh";

// Something that is asked for.
struct Action {
  ErrorEvent::Action kind = ErrorEvent::ACTION_UNSPECIFIED;
  Actor actor;
  // The revision that it is based on; 0 takes any.
  int64_t revision = 0;
  // The assignee, the note, the reason of a discard, the comment of an edit.
  std::string text;
  // TAGGED.
  std::vector<std::string> add_tags;
  std::vector<std::string> remove_tags;
  // EDITED: of the new payload.
  std::string payload_sha256;
  // ANSWERED: which retry it is that was answered, from 1. An answer that comes late must not be taken for that of
  // another payload.
  int32_t retry = 0;
  // ANSWERED. Without a verdict the retry was refused for good, for `text`.
  ordermesh::common::v1::OrderVerdict verdict;
};

// Whether what is asked for is well formed, whatever error it is about: texts, tags, revision. INVALID_ARGUMENT names
// the field.
absl::Status CheckAction(const Action& action);

// Changes the error as asked and gives the event, which still lacks its place in the log. Where the error's status does
// not allow it FAILED_PRECONDITION, where it is based on another revision ABORTED, where a cap is reached
// RESOURCE_EXHAUSTED: then nothing is changed.
absl::StatusOr<ErrorEvent> Apply(const Action& action, absl::Time now, ErrorMessage& error);

// What is swept once it has expired; the others are kept until they are something else.
bool MayExpire(ErrorMessage::Status status);

}  // namespace ordermesh::error_store

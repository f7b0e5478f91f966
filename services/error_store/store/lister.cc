#include "services/error_store/store/lister.h"

#include <utility>

#include "services/common/base/errors.h"
#include "services/common/base/limits.h"
#include "services/common/base/page_token.h"
#include "services/error_store/domain/filter.h"
#include "services/error_store/domain/limits.h"
#include "services/error_store/store/scan.h"

namespace ordermesh::error_store {

using ordermesh::error::v1::ListErrorsRequest;
using ordermesh::error::v1::ListErrorsResponse;

absl::Status ListErrors(const kv::Kv& kv, uint32_t shard, const ListErrorsRequest& request,
                        ListErrorsResponse* response) {
  OM_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  OM_ASSIGN_OR_RETURN(const ErrorFilter filter, FilterOf(request));
  const std::string filter_text = filter.ToText();
  OM_ASSIGN_OR_RETURN(const int64_t before, DecodePageToken(request.page_token(), shard, filter_text));
  if (filter.IsVoid()) return absl::OkStatus();
  const auto snapshot = kv.NewSnapshot();
  size_t bytes = 0;
  const auto take = [&](Found found) {
    if (response->errors_size() == size || bytes >= kMaxStreamMessageBytes) return false;
    bytes += found.stored_bytes;
    response->add_errors()->Swap(&found.row.error);
    return true;
  };
  OM_ASSIGN_OR_RETURN(const int64_t next, Scan(kv, filter, snapshot.get(), kMaxListSteps).Below(before, take));
  if (next > 0) response->set_next_page_token(EncodePageToken(shard, next, filter_text));
  return absl::OkStatus();
}

}  // namespace ordermesh::error_store

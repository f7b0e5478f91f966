#include "services/order_store/domain/content_hash.h"

#include <xxhash.h>

#include <string>

#include "services/common/base/normal_order.h"

namespace ordermesh::order_store {

ContentHash HashContent(const order::v1::Order& order) {
  // One buffer a thread: no allocation per order.
  thread_local std::string form;
  form.clear();
  AppendNormalForm(order, &form);
  const XXH128_hash_t hash = XXH3_128bits(form.data(), form.size());
  return {hash.high64, hash.low64};
}

}  // namespace ordermesh::order_store

#include "services/order_store/domain/content_hash.h"

#include <xxhash.h>

#include <string>

#include "ordermesh/order/v1/order.pb.h"
#include "services/common/base/normal_order.h"
#include "services/common/base/order_view.h"

namespace ordermesh::order_store {

template <typename Order>
ContentHash HashContent(const Order& order) {
  // One buffer a thread: no allocation per order.
  thread_local std::string form;
  form.clear();
  AppendNormalForm(order, &form);
  const XXH128_hash_t hash = XXH3_128bits(form.data(), form.size());
  return {hash.high64, hash.low64};
}

template ContentHash HashContent(const order::v1::Order&);
template ContentHash HashContent(const OrderView&);

}  // namespace ordermesh::order_store

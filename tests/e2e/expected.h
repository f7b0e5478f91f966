// What an import must give, worked out from the file alone and apart from the product: another reader, another sum.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "services/common/base/decimal.h"

namespace ordermesh::e2e {

struct Expected {
  int64_t received = 0;
  int64_t created = 0;
  int64_t rejected = 0;
  // Of the created orders.
  int64_t lines = 0;
  Decimal gross;
  // Orders with at least one violation of the field.
  std::map<std::string, int64_t> by_field;
};

// A CSV whose consecutive rows with one InvoiceNo are one order.
Expected ExpectRetail(const std::string& path);
// One order a line.
Expected ExpectOlist(const std::string& path);

// Files of the same shapes with made-up orders, some of them invalid, for where the real data are absent.
void WriteRetail(const std::string& path, int orders);
void WriteOlist(const std::string& path, int orders);

}  // namespace ordermesh::e2e

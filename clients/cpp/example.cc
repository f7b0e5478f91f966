#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "ordermesh/client.h"

int main() {
  ordermesh::ClientOptions options;
  options.address = std::getenv("ORDERMESH_ADDRESS");
  std::ifstream(std::getenv("ORDERMESH_KEY_FILE")) >> options.api_key;
  std::ostringstream order;
  order << std::ifstream("order.json").rdbuf();
  const ordermesh::Result result = ordermesh::Client(options).Submit("partner-b", order.str());
  if (!result.status.ok()) std::cout << result.status.error_message() << "\n";
  std::cout << ordermesh::common::v1::OrderVerdict::Verdict_Name(result.verdict.verdict()) << " "
            << result.verdict.order_id() << "\n";
}

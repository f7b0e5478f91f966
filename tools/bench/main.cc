#include <iostream>

#include "tools/bench/program.h"

int main(int argc, char** argv) {
  ordermesh::client::ConnectionFlags environment;
  ordermesh::client::ReadEnvironment(environment);
  return ordermesh::bench::RunProgram({argv + 1, argv + argc}, environment, std::cout, std::cerr);
}

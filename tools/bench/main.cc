#include <iostream>

#include "tools/bench/program.h"

int main(int argc, char** argv) { return ordermesh::bench::RunProgram({argv + 1, argv + argc}, std::cout, std::cerr); }

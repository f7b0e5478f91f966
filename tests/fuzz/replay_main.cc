// Runs a fuzz target without libFuzzer: every input of its corpus as it is, then random changes of them.
// usage: fuzz-TARGET CORPUS [MUTATIONS [SEED]]        (none and 1 where they are not named)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"

namespace {

std::vector<std::string> ReadCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

// One to four changes: a byte, a bit, a piece taken out, said twice, or taken from another input.
std::string Mutate(std::string input, const std::vector<std::string>& corpus, std::mt19937_64& random) {
  const auto below = [&random](size_t count) { return count == 0 ? 0 : random() % count; };
  for (size_t left = 1 + below(4); left > 0; --left) {
    const size_t at = below(input.size() + 1);
    const size_t length = std::min<size_t>(1 + below(16), input.size() - at);
    switch (below(5)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(at, input.substr(at, length));
        break;
      default: {
        const std::string& other = corpus[below(corpus.size())];
        const size_t from = below(other.size() + 1);
        input.insert(at, other.substr(from, 1 + below(32)));
      }
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS [SEED]]\n", argv[0]), 2;
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  if (corpus.empty()) return std::fprintf(stderr, "%s: no inputs\n", argv[1]), 2;
  const long mutations = argc > 2 ? std::atol(argv[2]) : 0;
  const long seed = argc > 3 ? std::atol(argv[3]) : 1;
  std::printf("%zu inputs, %ld mutations, seed %ld\n", corpus.size(), mutations, seed);
  std::fflush(stdout);
  for (const std::string& input : corpus) Run(input);
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  for (long i = 0; i < mutations; ++i) Run(Mutate(corpus[random() % corpus.size()], corpus, random));
  std::printf("nothing broke\n");
}

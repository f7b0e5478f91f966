// Damage to the files of a store that is not running.
#pragma once

#include <random>
#include <string>

namespace ordermesh::faults {

// Flips a bit, zeroes 4 KiB or cuts off the end of one file in the store's folder: a log, a sorted file, a blob file,
// the manifest, CURRENT or the mark, each kind as often. What it did, in words; empty where the chosen kind has no
// file.
std::string DamageOneFile(const std::string& folder, std::mt19937_64& random);

}  // namespace ordermesh::faults

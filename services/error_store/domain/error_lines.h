// Errors for spreadsheets.
#pragma once

#include <string>

#include "services/common/base/record_lines.h"
#include "services/error_store/domain/intake.h"

namespace ordermesh::error_store {

// The names of the columns, and an error under them.
std::string ErrorCsvHeader();
std::string ErrorCsvLine(const ErrorMessage& error);

}  // namespace ordermesh::error_store

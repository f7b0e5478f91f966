// Text tables for people.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ordermesh::cli {

// Columns as wide as their widest cell, two spaces between them; no lines and no colours, so that it can be cut and
// searched.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Cells that are missing are empty. Control characters in a cell are shown as "?": what partners send must not reach
  // the terminal as commands.
  void AddRow(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }

  // The titles and every row, each ended by a line end, without spaces at its end.
  std::string ToString() const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "name   value" lines with the values under each other; empty values are left out. Control characters as in a table.
std::string Sheet(const std::vector<std::pair<std::string, std::string>>& fields);

// Columns that a text in UTF-8 takes up, one for each character.
size_t DisplayWidth(std::string_view text);

// The text cut to `width` columns with an ellipsis.
std::string Shorten(std::string_view text, size_t width);

}  // namespace ordermesh::cli

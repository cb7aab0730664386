#include "cli/table.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"
#include "base/error.h"
#include "base/unicode.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kGapBlanks = 2;

std::size_t WidthOf(std::string_view text) {
  return DecodeUtf8(text).size();
}

class Layout {
 public:
  explicit Layout(const std::vector<std::vector<std::string>>& lines) {
    for (const auto& line : lines) {
      widths_.resize(std::max(widths_.size(), line.size()));
      for (std::size_t i = 0; i < line.size(); ++i) {
        widths_[i] = std::max(widths_[i], WidthOf(line[i]));
      }
    }
  }

  std::size_t width(std::size_t column) const { return widths_[column]; }

  std::string Line(const std::vector<std::string>& cells) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += cells[i] + std::string(widths_[i] - WidthOf(cells[i]) + kGapBlanks, ' ');
    }
    return text + "\n";
  }

 private:
  std::vector<std::size_t> widths_;
};

}  // namespace

std::string TableText(const Table& table) {
  if (table.rows.empty()) return {};
  const std::string last_number = Text("{}", table.rows.size());
  std::vector<std::string> header = {std::string(last_number.size(), '#')};
  header.insert(header.end(), table.header.begin(), table.header.end());
  std::vector<std::vector<std::string>> lines = {header};
  for (const std::vector<std::string>& row : table.rows) {
    IMMUDB_CHECK(row.size() == table.header.size());
    lines.push_back({Text("{}", lines.size())});
    lines.back().insert(lines.back().end(), row.begin(), row.end());
  }
  const Layout layout(lines);
  std::vector<std::string> dashes;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool is_wide = table.dashes == Dashes::kAsTheColumn;
    dashes.emplace_back(is_wide ? layout.width(i) : WidthOf(header[i]), '-');
  }
  const std::string border = layout.Line(dashes);
  std::string text = Text("{}\n{}", table.caption, border);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += layout.Line(lines[i]);
    if (i == 0) text += border;
  }
  return text + border;
}

}  // namespace immudb::cli

// What commands print: text as users of immudb 0.8.1 know it, JSON (one object a line), or the
// bytes of values alone.
//
// Source of the text: immudb 0.8.1, with its trailing blanks: scripts cut their fields by them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/client_types.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::cli {

enum class OutputForm : std::uint8_t { kText, kJson, kRaw };
enum class ValueOnly : std::uint8_t { kNo, kYes };
// Whether control characters are shown as escapes, so that a value cannot drive a terminal.
enum class Escape : std::uint8_t { kNo, kYes };

enum class Colours : std::uint8_t { kNo, kYes };

struct Style {
  OutputForm form = OutputForm::kText;
  ValueOnly value_only = ValueOnly::kNo;
  Escape escape = Escape::kNo;
  Colours colours = Colours::kNo;
};

// The form that a value of --output names.
OutputForm FormOf(std::string_view name);

// `bytes` as they are, or with their control characters escaped.
std::string ShownBytes(BytesView bytes, const Style& style);

// One entry, as it is shown.
struct ShownItem {
  Bytes key = {};
  Bytes value = {};
  std::uint64_t index = 0;
  Digest hash{};  // As 0.8.1 shows it, which is not always the leaf.
  Digest leaf{};  // What the tree holds.
  std::int64_t unix_s = 0;
  std::optional<bool> verified = {};
  std::optional<double> score = {};  // Of a member of a sorted set.
};

struct ShownSetEntry {
  Bytes set = {};
  Bytes set_key = {};  // As stored.
  Bytes key = {};
  double score = 0;
  std::uint64_t index = 0;
  Digest hash{};
  Digest leaf{};
  std::optional<bool> verified = {};
};

// `stored` is the entry's value as the server keeps it; a structured value is taken apart, another
// one is shown as it is.
ShownItem ShowStored(const Bytes& key, const Bytes& stored, std::uint64_t index);

// `2020-12-08 12:52:00 +0000 UTC`, in the local time zone.
std::string TimeText(std::int64_t unix_s);

// An entry, as get prints it.
std::string ItemText(const ShownItem& item, const Style& style);
// An entry by its index, as getByIndex prints it.
std::string ByIndexText(const ShownItem& item, BytesView stored, const Style& style);
std::string SetEntryText(const ShownSetEntry& entry, const Style& style);
// All entries of a list, or what stands for none.
std::string ItemsText(const std::vector<ShownItem>& items, std::string_view none,
                      const Style& style);
std::string HeadText(const TreeHead& head, const Style& style);
// A single fact: its text, or an object with the one field `name`.
std::string FactText(std::string_view name, std::string_view fact, const Style& style);
std::string NumberText(std::string_view name, std::uint64_t number, const Style& style);

struct ProofLines {
  bool verified = false;
  std::string_view first_label;
  std::string first_hash;
  std::uint64_t first_index = 0;
  std::string_view second_label;
  std::string second_hash;
  std::uint64_t second_index = 0;
};
std::string ProofText(const ProofLines& lines, const Style& style);

}  // namespace immudb::cli

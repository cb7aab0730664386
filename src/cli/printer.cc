#include "cli/printer.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hex.h"
#include "immudb/verify.h"

namespace immudb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint8_t kDelete = 0x7f;

std::string ToText(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

bool IsUtf8(const Json& text) {
  using Handler = Json::error_handler_t;
  return text.dump(-1, ' ', false, Handler::ignore) == text.dump(-1, ' ', false, Handler::replace);
}

// Bytes that are no text stand as hex, under a name of their own.
void Put(Json& object, const std::string& name, BytesView bytes) {
  const Json text = ToText(bytes);
  if (IsUtf8(text)) {
    object[name] = text;
  } else {
    object[name + "_hex"] = ToHex(bytes);
  }
}

std::string Line(const Json& object) {
  return object.dump() + "\n";
}

Json ToJson(const ShownItem& item) {
  Json object;
  object["index"] = item.index;
  Put(object, "key", item.key);
  Put(object, "value", item.value);
  if (item.unix_s != 0) object["time"] = item.unix_s;
  if (item.score.has_value()) object["score"] = *item.score;
  object["leaf"] = ToHex(item.leaf);
  if (item.verified.has_value()) object["verified"] = *item.verified;
  return object;
}

// The labelled lines, or the value alone; without the line that ends a command's output.
std::string Block(const ShownItem& item, const Style& style) {
  if (style.value_only == ValueOnly::kYes) return ShownBytes(item.value, style) + "\n";
  std::string text = Text("index:\t\t{} \nkey:\t\t{} \nvalue:\t\t{} \n", item.index,
                          ShownBytes(item.key, style), ShownBytes(item.value, style));
  if (item.score.has_value()) text += Text("score:\t\t{:f} \n", *item.score);
  text += Text("hash:\t\t{} \ntime:\t\t{} \n", ToHex(item.hash), TimeText(item.unix_s));
  if (item.verified.has_value()) text += Text("verified:\t{} \n", *item.verified);
  return text;
}

// As the text form of protobuf has strings.
std::string Quoted(BytesView bytes) {
  std::string text = "\"";
  for (const std::uint8_t byte : bytes) {
    switch (byte) {
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      case '"': text += "\\\""; break;
      case '\\': text += "\\\\"; break;
      default:
        if (byte >= ' ' && byte <= '~') {
          text += static_cast<char>(byte);
        } else {
          text += Text("\\{:03o}", byte);
        }
    }
  }
  return text + "\"";
}

std::string ContentText(BytesView stored, const Style& style) {
  const Result<Content> content = DecodeContent(stored);
  if (!content) return ShownBytes(stored, style);
  std::string text;
  if (content->timestamp != 0) text += Text("timestamp:{} ", content->timestamp);
  if (!content->payload.empty()) text += Text("payload:{} ", Quoted(content->payload));
  return text;
}

}  // namespace

OutputForm FormOf(std::string_view name) {
  if (name == "json") return OutputForm::kJson;
  return name == "raw" ? OutputForm::kRaw : OutputForm::kText;
}

std::string ShownBytes(BytesView bytes, const Style& style) {
  if (style.escape == Escape::kNo) return ToText(bytes);
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (byte < ' ' || byte == kDelete) {
      text += Text("\\x{:02x}", byte);
    } else {
      text += static_cast<char>(byte);
    }
  }
  return text;
}

ShownItem ShowStored(const Bytes& key, const Bytes& stored, std::uint64_t index) {
  ShownItem item{.key = key, .value = {}, .index = index};
  item.leaf = EntryDigest(LeafIndex{index}, key, stored);
  item.hash = item.leaf;
  Result<Content> content = DecodeContent(stored);
  if (!content) {
    item.value = stored;
    return item;
  }
  item.value = std::move(content->payload);
  item.unix_s = static_cast<std::int64_t>(content->timestamp);
  return item;
}

std::string TimeText(std::int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  std::array<char, 64> text{};
  if (localtime_r(&time, &parts) == nullptr) return std::to_string(unix_s);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z %Z", &parts)};
}

std::string ItemText(const ShownItem& item, const Style& style) {
  switch (style.form) {
    case OutputForm::kJson: return Line(ToJson(item));
    case OutputForm::kRaw: return ToText(item.value);
    case OutputForm::kText: break;
  }
  return Block(item, style) + "\n";
}

std::string ByIndexText(const ShownItem& item, BytesView stored, const Style& style) {
  if (style.form != OutputForm::kText) return ItemText(item, style);
  const std::string content = ContentText(stored, style);
  if (style.value_only == ValueOnly::kYes) return content + "\n\n";
  return Text("index:\t\t{}\nkey:\t\t{}\nvalue:\t\t{}\nhash:\t\t{}\ntime:\t\t{}\n\n", item.index,
              ShownBytes(item.key, style), content, ToHex(item.hash), TimeText(item.unix_s));
}

std::string SetEntryText(const ShownSetEntry& entry, const Style& style) {
  switch (style.form) {
    case OutputForm::kJson: {
      Json object;
      object["index"] = entry.index;
      Put(object, "set", entry.set);
      Put(object, "key", entry.key);
      object["score"] = entry.score;
      object["leaf"] = ToHex(entry.leaf);
      if (entry.verified.has_value()) object["verified"] = *entry.verified;
      return Line(object);
    }
    case OutputForm::kRaw: return ToText(entry.key);
    case OutputForm::kText: break;
  }
  const std::string_view end = entry.verified.has_value() ? "\n" : " \n";
  std::string text = Text("index:\t\t{}\nset:\t\t{}{}key:\t\t{}{}", entry.index,
                          ShownBytes(entry.set, style), end, ShownBytes(entry.set_key, style), end);
  text += Text("score:\t\t{:f}{}value:\t\t{}{}hash:\t\t{}{}", entry.score, end,
               ShownBytes(entry.key, style), end, ToHex(entry.hash), end);
  if (entry.verified.has_value()) text += Text("verified:\t{}\n", *entry.verified);
  return text + "\n";
}

std::string ItemsText(const std::vector<ShownItem>& items, std::string_view none,
                      const Style& style) {
  std::string text;
  for (const ShownItem& item : items) {
    if (style.form == OutputForm::kText) {
      text += Block(item, style) + "\n";
    } else {
      text += ItemText(item, style);
      if (style.form == OutputForm::kRaw) text += "\n";
    }
  }
  if (style.form != OutputForm::kText) return text;
  return (items.empty() ? std::string(none) : text) + "\n";
}

std::string HeadText(const TreeHead& head, const Style& style) {
  const bool is_empty = head.size.value == 0;
  if (style.form == OutputForm::kText) {
    if (is_empty) return "immudb is empty\n\n";
    return Text("index:\t\t{}\nhash:\t\t{}\n\n", head.size.value - 1, ToHex(head.root));
  }
  if (style.form == OutputForm::kRaw) return is_empty ? "" : ToHex(head.root) + "\n";
  Json object;
  object["size"] = head.size.value;
  if (!is_empty) {
    object["index"] = head.size.value - 1;
    object["root"] = ToHex(head.root);
  }
  return Line(object);
}

std::string FactText(std::string_view name, std::string_view fact, const Style& style) {
  if (style.form != OutputForm::kJson) return std::string(fact) + "\n";
  Json object;
  object[std::string(name)] = fact;
  return Line(object);
}

std::string NumberText(std::string_view name, std::uint64_t number, const Style& style) {
  if (style.form != OutputForm::kJson) return std::to_string(number) + "\n";
  Json object;
  object[std::string(name)] = number;
  return Line(object);
}

std::string ProofText(const ProofLines& lines, const Style& style) {
  if (style.form == OutputForm::kJson) {
    Json object;
    object["verified"] = lines.verified;
    object[std::string(lines.first_label)] = {{"hash", lines.first_hash},
                                              {"index", lines.first_index}};
    object[std::string(lines.second_label)] = {{"hash", lines.second_hash},
                                               {"index", lines.second_index}};
    return Line(object);
  }
  return Text("verified: {} \n{}: {} at index: {} \n{}: {} at index: {} \n\n", lines.verified,
              lines.first_label, lines.first_hash, lines.first_index, lines.second_label,
              lines.second_hash, lines.second_index);
}

}  // namespace immudb::cli

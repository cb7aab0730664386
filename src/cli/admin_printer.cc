#include "cli/admin_printer.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hex.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

using Json = nlohmann::ordered_json;

// Names may hold bytes that are no text; those become U+FFFD.
std::string Line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Shown(std::string_view text, const Style& style) {
  return ShownBytes(AsBytes(text), style);
}

std::string PermissionText(std::uint32_t permission) {
  switch (static_cast<Permission>(permission)) {
    case Permission::kRead: return "Read";
    case Permission::kReadWrite: return "Read/Write";
    case Permission::kAdmin: return "Admin";
    case Permission::kSystem: return "System Admin";
    case Permission::kNone: break;
  }
  return Text("unknown: {}", permission);
}

Json ToJson(const User& user) {
  Json grants = Json::array();
  for (const Grant& grant : user.grants) {
    grants.push_back({{"database", grant.database},
                      {"permission", PermissionText(grant.permission)},
                      {"code", grant.permission}});
  }
  return {{"user", user.name},
          {"active", user.active},
          {"permissions", grants},
          {"created_by", user.created_by},
          {"created_at", user.created_at}};
}

Ink InkOf(const TreeNode& node) {
  if (node.is_root) return node.is_cached ? Ink::kPurple : Ink::kRed;
  return node.is_cached ? Ink::kGreen : Ink::kWhite;
}

// `[0 1 0 5]`
std::string NumbersText(BytesView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += Text("{}{}", text.empty() ? "" : " ", byte);
  return Text("[{}]", text);
}

std::string TreeLines(const std::vector<TreeLayer>& layers) {
  std::string text;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    for (const TreeNode& node : layers[layer]) {
      text += Line({{"layer", layer},
                    {"hash", ToHex(node.hash)},
                    {"position_hex", ToHex(node.position)},
                    {"key_hex", ToHex(node.key)},
                    {"reference", node.is_reference},
                    {"cached", node.is_cached},
                    {"root", node.is_root}});
    }
  }
  return text;
}

}  // namespace

std::string Painted(Ink ink, std::string_view text, const Style& style) {
  if (style.colours == Colours::kNo) return std::string(text);
  int code = 0;
  switch (ink) {
    case Ink::kRed: code = 31; break;
    case Ink::kGreen: code = 32; break;
    case Ink::kYellow: code = 33; break;
    case Ink::kPurple: code = 35; break;
    case Ink::kWhite: code = 37; break;
  }
  return Text("\x1b[{}m{}\x1b[0m", code, text);
}

std::string BareFactText(std::string_view name, std::string_view fact, const Style& style) {
  if (style.form == OutputForm::kJson) return FactText(name, fact, style);
  return Text("{}{}", fact, IsTerminal(StandardStream::kOutput) ? "\n" : "");
}

std::string LoginText(const LoginReply& reply, const Style& style) {
  if (style.form == OutputForm::kJson) {
    Json object = {{"login", "logged in"}};
    if (!reply.warning.empty()) object["warning"] = reply.warning;
    return Line(object);
  }
  if (reply.warning.empty()) return "logged in\n";
  return "logged in\n" +
         Painted(Ink::kYellow, Text("SECURITY WARNING: {}\n", Shown(reply.warning, style)), style);
}

std::string UsersText(const std::vector<User>& users, const Style& style) {
  if (style.form == OutputForm::kJson) {
    std::string text;
    for (const User& user : users) text += Line(ToJson(user));
    return text;
  }
  Table table{.caption = Text("{} user(s)", users.size()),
              .header = {"User", "Active", "Database", "Permission", "Created By", "Created At"},
              .rows = {},
              .dashes = Dashes::kAsTheColumn};
  for (const User& user : users) {
    std::vector<std::string> row = {
        Shown(user.name, style),       user.active ? "true" : "false", "", "",
        Shown(user.created_by, style), Shown(user.created_at, style)};
    for (const Grant& grant : user.grants) {
      row[2] = Shown(grant.database, style);
      row[3] = PermissionText(grant.permission);
      table.rows.push_back(row);
      row.assign(row.size(), "");
    }
    if (user.grants.empty()) table.rows.push_back(row);
  }
  return TableText(table);
}

std::string DatabasesText(const std::vector<std::string>& names, std::string_view current,
                          const Style& style) {
  if (style.form == OutputForm::kJson) {
    std::string text;
    for (const std::string& name : names) {
      text += Line({{"database", name}, {"current", name == current}});
    }
    return text;
  }
  Table table{
      .caption = Text("{} database(s)", names.size()), .header = {"Database Name"}, .rows = {}};
  for (const std::string& name : names) {
    table.rows.push_back({Text("{}{}", name == current ? "*" : "", Shown(name, style))});
  }
  return TableText(table);
}

std::string TreeText(const std::vector<TreeLayer>& layers, const Style& style) {
  if (style.form == OutputForm::kJson) return TreeLines(layers);
  const std::string indent(8, '\t');
  std::string text = Painted(Ink::kWhite, indent + "Disk elements\n", style);
  text += Painted(Ink::kGreen, "\tImmudb Merkle Tree\t\t\t\t\tCache elements\n", style);
  text += Painted(Ink::kWhite, indent + "* refKey presents\n", style);
  text += Painted(Ink::kRed, indent + "Root\n", style);
  text += Painted(Ink::kPurple, indent + "Cached Root\n\n", style);
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    text += Painted(Ink::kYellow, Text("Layer {}\n", layer), style);
    for (const TreeNode& node : layers[layer]) {
      const std::string line = Text("{} {}{}\n", ToHex(node.hash), NumbersText(node.position),
                                    node.is_reference ? "*" : "");
      text += Painted(InkOf(node), line, style);
    }
  }
  return text;
}

}  // namespace immudb::cli
